"""Modals stack, keep what is typed, and obey answers as on a real screen."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.double import Delivery, Double, Impossible


def modal(title: str, *blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a modal with one optional field and what is given."""
    field = {
        "type": "input",
        "block_id": "note",
        "optional": True,
        "label": {"type": "plain_text", "text": "Note"},
        "element": {"type": "plain_text_input", "action_id": "texte", "initial_value": "rien"},
    }
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Valider"},
        "blocks": [field, *blocks],
        **more,
    }


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Give a quick double."""
    async with Double(delay=0) as running:
        yield running


@pytest.fixture
def client(double: Double) -> AsyncWebClient:
    """Give the real client."""
    return AsyncWebClient(token=double.bot_token, base_url=double.api_url)


async def opened(double: Double, client: AsyncWebClient, title: str = "Un") -> dict[str, Any]:
    """Open a modal in front of Alice."""
    trigger = double.views.trigger("U0ALICE")
    view: dict[str, Any] = (await client.views_open(trigger_id=trigger, view=modal(title)))["view"]
    return view


async def test_three_views_and_no_more(double: Double, client: AsyncWebClient) -> None:
    """A fourth view is refused, and closing goes back one by one."""
    root = await opened(double, client)
    for title in ("Deux", "Trois"):
        top = double.views.stacks["U0ALICE"][-1]
        trigger = double.views.trigger("U0ALICE", top.id)
        pushed = await client.views_push(trigger_id=trigger, view=modal(title))
        assert pushed["view"]["root_view_id"] == root["id"]
        assert pushed["view"]["previous_view_id"] == top.id
    trigger = double.views.trigger("U0ALICE", root["id"])
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        await client.views_push(trigger_id=trigger, view=modal("Quatre"))
    assert len(double.views.stacks["U0ALICE"]) == 3
    await double.close_view("alice")
    assert [v.content["title"]["text"] for v in double.views.stacks["U0ALICE"]] == ["Un", "Deux"]


async def test_a_push_needs_a_modal(double: Double, client: AsyncWebClient) -> None:
    """A trigger from elsewhere pushes nothing."""
    trigger = double.views.trigger("U0ALICE")
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_push(trigger_id=trigger, view=modal("Un"))


async def test_people_have_their_own_screens(double: Double, client: AsyncWebClient) -> None:
    """What is in front of Alice is not in front of Bruno."""
    await opened(double, client)
    assert double.view("alice") is not None
    assert double.view("bruno") is None
    with pytest.raises(Impossible, match="no modal"):
        await double.submit("bruno")


async def test_an_update_keeps_what_was_typed(double: Double, client: AsyncWebClient) -> None:
    """Typed text survives where ids remain, a stale hash is refused, and so is a lost view."""
    view = await opened(double, client)
    assert view["state"]["values"]["note"]["texte"]["value"] == "rien"
    double.fill("alice", {"note": "tapé"})
    extra = {"type": "section", "text": {"type": "mrkdwn", "text": "en plus"}}
    changed = modal("Un", extra)
    await client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    shown = double.view("alice")
    assert shown is not None
    assert shown["state"]["values"]["note"]["texte"]["value"] == "tapé"
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await client.views_update(view_id=view["id"], hash=view["hash"], view=changed)
    with pytest.raises(SlackApiError, match="not_found"):
        await client.views_update(view_id="V0NOWHERE", view=changed)


async def test_an_external_id_serves_once(double: Double, client: AsyncWebClient) -> None:
    """Two views may not carry the same external id."""
    named = modal("Un", external_id="unique")
    await client.views_open(trigger_id=double.views.trigger("U0ALICE"), view=named)
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        await client.views_open(trigger_id=double.views.trigger("U0BRUNO"), view=named)


async def test_an_invalid_view_is_explained(double: Double, client: AsyncWebClient) -> None:
    """A view that breaks a rule is refused and leaves its trigger unused."""
    trigger = double.views.trigger("U0ALICE")
    with pytest.raises(SlackApiError) as refused:
        await client.views_open(trigger_id=trigger, view=modal("x" * 25))
    assert refused.value.response["error"] == "invalid_arguments"
    assert "/view/title" in refused.value.response["response_metadata"]["messages"][0]
    assert (await client.views_open(trigger_id=trigger, view=modal("Un")))["ok"]


@pytest.mark.parametrize(
    ("answer", "titles", "error"),
    [
        ({}, [], ""),
        ({"response_action": "clear"}, [], ""),
        ({"response_action": "update", "view": modal("Deux")}, ["Deux"], ""),
        ({"response_action": "push", "view": modal("Deux")}, ["Un", "Deux"], ""),
        ({"response_action": "errors", "errors": {"note": "non"}}, ["Un"], ""),
        ({"response_action": "errors", "errors": {"autre": "non"}}, ["Un"], "input blocks"),
        ({"response_action": "update", "view": modal("x" * 25)}, ["Un"], "invalid_arguments"),
        ({"response_action": "danse"}, ["Un"], "invalid response_action"),
    ],
)
async def test_answers_to_a_submission(
    double: Double, client: AsyncWebClient, answer: dict[str, Any], titles: list[str], error: str
) -> None:
    """Each answer changes the stack as Slack does, and a wrong one is an error on the screen."""
    await opened(double, client)
    top = double.views.stacks["U0ALICE"][0]
    delivery = Delivery("view_submission", {}, acked=True, response=answer)
    double.obey(top, delivery)
    assert [v.content["title"]["text"] for v in double.views.stacks["U0ALICE"]] == titles
    assert error in delivery.error
    assert bool(delivery.error) == bool(error)


async def test_nobody_clicks_what_is_not_there(double: Double, client: AsyncWebClient) -> None:
    """A button that does not exist, a message that is gone, a channel one cannot see."""
    await opened(double, client)
    double.world.add_channel("prive", ["bruno"], private=True)
    for attempt in (
        double.click_view("alice", "Inconnu"),
        double.click("alice", "general", "1.0", "Prendre"),
        double.message("alice", "prive", "x"),
        double.click_home("alice", "Prendre"),
    ):
        with pytest.raises(Impossible):
            await attempt

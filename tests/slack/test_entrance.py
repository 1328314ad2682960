"""Who gets in: signatures over HTTP, other workspaces, guests, shared channels."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier

from bot.config import Settings
from bot.errors import SettingError
from bot.slack.door import Door
from bot.wiring import House, build
from bot.wiring.bot import running
from tests.double import Double
from tests.double.world import TEAM
from tests.slack.conftest import PEOPLE, QUICK, Night, settings
from tests.slack.test_health import free_port

SECRET = "0123456789abcdef"
HOME = {"team_id": "T0HOME", "enterprise_id": None}


class Slack:
    """Slack's servers as the proxy of the hospital passes them on."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        """Post to this port."""
        self._url = f"http://127.0.0.1:{port}/slack/events"
        self._session = session

    async def post(
        self, body: dict[str, Any], *, secret: str = SECRET, age: int = 0, form: bool = True
    ) -> tuple[int, str]:
        """Send a body as Slack does, signed with this secret this long ago (seconds)."""
        text = urlencode(body) if form else json.dumps(body)
        moment = str(int(time.time()) - age)
        signature = SignatureVerifier(secret).generate_signature(timestamp=moment, body=text)
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": str(signature),
        }
        async with self._session.post(self._url, data=text, headers=headers) as answer:
            return answer.status, await answer.text()


def line(text: str, **more: str) -> dict[str, str]:
    """A slash command of Claire's."""
    return {
        "command": "/crise",
        "text": text,
        "user_id": "U01CLAIRE",
        "user_name": "claire",
        "channel_id": "C0GENERAL",
        "team_id": TEAM,
        "trigger_id": f"1.{text}",
    } | more


@asynccontextmanager
async def http_house(folder: Path, **more: object) -> AsyncIterator[tuple[Slack, House]]:
    """A bot that listens over HTTP."""
    (folder / "knowledge").mkdir()
    port = free_port()
    async with Double() as double, aiohttp.ClientSession() as session:
        for person, name in PEOPLE.items():
            double.world.add_user(name, id=person)
        http: dict[str, object] = {
            "tocsin_mode": "http",
            "tocsin_http_port": port,
            "slack_signing_secret": SECRET,
            "slack_app_token": "",
            "tocsin_knowledge_dir": folder / "knowledge",
        }
        house = build(settings(double, folder, **(http | more)))
        async with running(house, QUICK):
            yield Slack(port, session), house
        house.store.close()


async def test_over_http_only_what_slack_signed_just_now_is_taken(tmp_path: Path) -> None:
    """A good request is answered; a forged, an old, a foreign one are not, and open nothing."""
    async with http_house(tmp_path) as (slack, house):
        status, text = await slack.post(line("aide", team_id=TEAM))
        assert (status, "Ce que je comprends" in text) == (200, True)
        assert (await slack.post(line("aide", team_id=TEAM), secret="f" * 16))[0] == 401
        assert (await slack.post(line("aide", team_id=TEAM), age=600))[0] == 401
        status, text = await slack.post(line("aide", team_id="T0AUTRE"))
        assert status == 200
        assert "n'est pas celui de la cellule" in json.loads(text)["text"]

        challenge = {"type": "url_verification", "challenge": "c-42"}
        status, text = await slack.post(challenge, form=False)
        assert (status, "c-42" in text) == (200, True)
        assert (await slack.post(challenge, form=False, secret="f" * 16))[0] == 401

        assert house.service.crises() == []


def test_http_asks_for_a_signing_secret() -> None:
    """Without it nothing could be told from a forgery: the start says which setting is missing."""
    bare = Settings(tocsin_mode="http", slack_bot_token="xoxb-1", _env_file=None)  # type: ignore[call-arg]

    with pytest.raises(SettingError, match="SLACK_SIGNING_SECRET"):
        bare.require_slack()


@pytest.mark.parametrize(
    ("body", "enters"),
    [
        pytest.param({"team_id": "T0HOME", "command": "/crise"}, True, id="ours"),
        pytest.param({"team_id": "T0HERE", "command": "/crise"}, True, id="allowed"),
        pytest.param({"team_id": "T0ELSE", "command": "/crise"}, False, id="foreign-command"),
        pytest.param({"team": {"id": "T0ELSE"}, "type": "block_actions"}, False, id="foreign-tap"),
        pytest.param({"team": {"id": "T0HOME"}, "user": {"team_id": "T0ELSE"}}, False,
                     id="foreign-person-here"),
        pytest.param({"team": None, "user": {"id": "U1"}, "team_id": "T0HOME"}, True,
                     id="no-team-object"),
        pytest.param({"team_id": "T0ELSE", "type": "event_callback",
                      "event": {"type": "message"}}, False, id="foreign-event"),
        pytest.param({"team_id": "T0HOME", "event": {"type": "app_mention"},
                      "is_ext_shared_channel": True}, False, id="question-in-a-shared-channel"),
        pytest.param({"team_id": "T0HOME", "event": {"type": "reaction_added"},
                      "is_ext_shared_channel": True}, False, id="pin-in-a-shared-channel"),
        pytest.param({"team_id": "T0HOME", "event": {"type": "message"},
                      "is_ext_shared_channel": True}, True, id="said-in-a-shared-channel"),
        pytest.param({}, True, id="nothing-named"),
        pytest.param({"team": "T0HOME", "user": 3, "event": None}, True, id="odd-shapes"),
    ],
)  # fmt: skip
def test_the_door_looks_at_where_a_request_is_from(body: dict[str, Any], enters: bool) -> None:
    """Workspaces and shared channels, by all the names that Slack gives them."""
    assert Door(HOME, ["T0HERE"], shared=False).lets_in(body) is enters


def test_settings_open_the_door_wider() -> None:
    """A shared channel when allowed; every workspace of our own organisation."""
    shared = {"team_id": "T0HOME", "event": {"type": "app_mention"}, "is_ext_shared_channel": True}
    grid = {"team": {"id": "T0ELSE", "enterprise_id": "E0OURS"}}

    assert Door(HOME, [], shared=True).lets_in(shared)
    assert Door({"team_id": "T0HOME", "enterprise_id": "E0OURS"}, [], shared=False).lets_in(grid)
    assert not Door(HOME, [], shared=False).lets_in(grid)


async def test_a_guest_is_heard_and_does_not_act(night: Night) -> None:
    """What a guest says in the channel is recorded; what they ask for is refused, and told so."""
    await night.opened()
    night.double.channel(night.channel).members.append("U0INVITE")

    said = await night.say("invite", "décision Tout rouvrir")
    assert "Les invités" in said
    assert night.double.view("invite") is None
    await night.double.message("invite", night.channel, "Je regarde seulement")
    await night.double.wait(
        lambda _: any("Je regarde" in str(fact) for fact, _ in night.facts()), 20
    )
    assert not any("Tout rouvrir" in str(fact) for fact, _ in night.facts())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param("NIR 1 85 05 78 006 084 91", "un numéro de sécurité sociale", id="nir"),
        pytest.param("Mme Durand née le 12/03/1954 au lit 4", "une date de naissance", id="birth"),
    ],
)
async def test_who_names_a_patient_is_warned_in_private(night: Night, said: str, told: str) -> None:
    """The author alone is told, with the line to have erased; the log has the message."""
    await night.opened()
    await night.double.message("bruno.t", night.channel, said)

    warned = await night.told("bruno.t", told)
    heard = next(stamp for fact, stamp in night.facts() if said in str(fact))
    assert f"/crise effacer {heard.seq}" in warned
    assert "supprimez votre message" in warned
    assert night.double.ephemerals("claire") == []
    typed = await night.say("bruno.t", f"note {said}")
    assert told in typed
    assert f"/crise effacer {night.last()[1].seq}" in typed
    assert told not in await night.say("bruno.t", "note Lit 4 transféré à 12/03")

"""Who may press and send what: every button, form and shortcut, by who is not of the cell.

The words have their matrix (``test_rights_matrix``); here the payloads are sent as such, also those
that Slack would not send: a button shown to others, a form opened before one was taken out of the
channel, a form of a crisis that one never saw.  ``test_every_render`` holds these lists against
what is drawn.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.rights import AUDIT
from bot.grammar import lookup, split
from tests.double import Delivery, payloads
from tests.slack.conftest import Night, house_on_slack, read

#: Every sort of button, with what it carries; ``{}`` is the number of the crisis.
BUTTONS = {
    "say:absent": "absent <@U02BRUNO>", "say:answer": "réponse soins oui",
    "say:constat": "constat t_dp maintenant", "say:document": "document plainte recevoir",
    "say:drill": "exercice {} suivant", "say:echeances": "échéances",
    "say:erase": "effacer confirmer 3", "say:etat": "état", "say:export": "exporter {}",
    "say:handover": "relève prendre 3", "say:keep": "effacer refuser 3", "say:note": "note Zut",
    "say:playbook": "playbook modifier", "say:point": "point", "say:question": "question zut ?",
    "say:rate": "avis 3 utile", "say:role": "rôle dpo", "say:roles": "rôles",
    "say:retex": "retex", "say:take": "prendre R01", "say:verify": "vérifier {}",
    "rate:useful": '{"question": "zut"}',
    "open:declare": "", "open:document": "plainte", "open:done": "proteger-sauvegardes",
    "open:duty": "cnil-initiale", "open:etape": "étape ajouter", "open:etat": "unit",
    "open:exercice": "{}", "open:phase": "detecter", "open:playbook": "rancongiciel",
    "open:rating": "3", "open:retex": "verser", "open:share": "3", "open:step": "prendre-appel",
}  # fmt: skip
#: The rest of the names of those that have more than one.
ENDS = {
    "open:etape": ":ajouter", "open:etat": ":unit", "open:exercice": ":end",
    "open:playbook": ":adopter", "open:retex": ":verser", "say:drill": ":next",
}  # fmt: skip
#: Every form that records, by its callback.
FORMS = (
    "choice", "document:fields", "document:preview", "done", "duty", "erasure:ask",
    "erasure:confirm", "erasure:lines", "etape:ajouter", "etape:decouper", "etape:dehors",
    "etat:application", "etat:counter", "etat:site", "etat:ultimatum", "etat:unit", "exercice:end",
    "exercice:observe", "instant", "note", "paper", "playbook:adopt", "playbook:menu",
    "playbook:new", "playbook:publish", "playbook:step", "playbook:versions", "question",
    "rating", "retex:verser", "share", "step",
)  # fmt: skip
#: Forms that anybody may send: they belong to no crisis yet, or only show.
FREE = {"declare", "shown", "exercice:open"}

SECRET = "Zébulon"
GUEST, AUDITOR, STRANGER, GONE = "U0INVITE", "U77AUDE", "U98ZOE", "U99YVES"


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """A crisis with a guest and an auditor in its channel, and somebody who has left it."""
    (tmp_path / "knowledge").mkdir()
    pages = tmp_path / "knowledge"
    async with house_on_slack(
        tmp_path, tocsin_knowledge_dir=pages, tocsin_auditors=AUDITOR
    ) as night:
        for person, name in ((AUDITOR, "aude"), (STRANGER, "zoe"), (GONE, "yves")):
            night.double.world.add_user(name, id=person)
            night.double.channel("general").members.append(person)
        channel = await night.opened(title=SECRET)
        night.double.channel(channel).members.extend([GUEST, AUDITOR])
        await night.double.join("yves", channel)
        await night.double.wait(lambda _: GONE in night.crisis.members)
        await night.double.leave("yves", channel)
        await night.double.wait(lambda _: GONE not in night.crisis.members)
        yield night


def clicks(night: Night, person: str, channel: str) -> Iterator[dict[str, Any]]:
    """Every button, in a message of that channel, or in a form of the crisis without one."""
    user = night.double.world.users[person]
    for n, (name, value) in enumerate(BUTTONS.items()):
        action = {
            "type": "button", "action_id": name + ENDS.get(name, ""), "block_id": "b",
            "value": value.replace("{}", night.crisis.id), "action_ts": f"{n}.{person}",
        }  # fmt: skip
        trigger = night.double.views.trigger(person)
        if channel:
            place = night.double.channel(channel)
            shown = {"ts": "1.000001", "blocks": []}
            yield payloads.message_action(user, place, shown, action, trigger, "")
        else:
            yield payloads.view_action(user, view(night, "step", f"A{n}{person}"), action, trigger)


def view(night: Night, callback: str, name: str) -> dict[str, Any]:
    """A form of the crisis, filled with what each could want."""
    carried = {
        "crisis": night.crisis.id, "step": "prendre-appel", "duty": "cnil-initiale", "do": "take",
        "playbook": "rancongiciel", "document": "plainte", "about": "3", "asked": "3",
        # What the choice « 12 » presses.
        "12": "0 say:rate", "value0": BUTTONS["say:rate"],
    }  # fmt: skip
    typed = {"v": {"type": "plain_text_input", "value": "12"}}
    fields = ["text", "lines", "who", "other", "instant", "when", "basis", "count", "name"]
    fields += ["do"] if callback == "choice" else []
    return {
        "type": "modal", "id": f"V{name}", "callback_id": callback,
        "blocks": [{"type": "input", "block_id": "text"}],
        "private_metadata": json.dumps(carried), "hash": "h",
        "state": {"values": dict.fromkeys(fields, typed)},
    }  # fmt: skip


async def send(night: Night, person: str, every: Iterator[dict[str, Any]]) -> list[Delivery]:
    """Deliver these to the bot, a few at a time, and wait until each is acknowledged."""
    socket, found = night.double.socket, []
    for body in every:
        found.append(socket.send(Delivery("interactive", body, person)))
        if len(found) % 8 == 0:
            await asyncio.gather(*(one.done.wait() for one in found))
    await asyncio.gather(*(one.done.wait() for one in found))
    await night.double.calm(0.2)
    assert all(one.acked for one in found)
    return found


def done_by(night: Night, person: str) -> set[str]:
    """The kinds of what the log says that this person did; that they came or left apart."""
    moves = {"member_joined", "member_left"}
    return {fact.name for fact, stamp in night.facts() if stamp.actor.id == person} - moves


def seen_by(night: Night, person: str) -> str:
    """All that the bot ever showed that person alone."""
    name = night.double.world.users[person].name
    direct = night.double.world.conversation([person])
    shown = [read(one) for one in night.double.ephemerals(name)]
    shown += [read(one) for one in direct.messages.values()]
    return "\n".join(shown) + repr(night.double.view(name))


async def sent_by(night: Night, person: str, *channels: str) -> list[Delivery]:
    """Send every button in these channels, then every form; give what became of the forms."""
    for channel in channels:
        await send(night, person, clicks(night, person, channel))
    user, trigger = night.double.world.users[person], night.double.views.trigger
    forms = (view(night, one, f"F{person}{one}") for one in FORMS)
    return await send(
        night, person, (payloads.view_submission(user, one, trigger(person)) for one in forms)
    )


async def test_who_is_outside_does_nothing_to_a_crisis(night: Night) -> None:
    """From another channel, or by forms of a crisis that they carry: nothing is done nor shown."""
    for person in (STRANGER, GONE):
        answered = await sent_by(night, person, "general", "")

        assert done_by(night, person) == set()
        assert SECRET not in seen_by(night, person)
        assert SECRET not in repr([one.response for one in answered])
        assert all((one.response or {}).get("errors") for one in answered)


async def test_who_is_inside_without_being_of_the_cell(night: Night) -> None:
    """A guest is refused each button and form; an auditor reads, exports, verifies, no more."""
    answered = await sent_by(night, GUEST, night.channel)

    assert done_by(night, GUEST) == set()
    assert seen_by(night, GUEST).count("Les invités") >= len(BUTTONS) - 1
    assert all("Les invités" in repr(one.response) for one in answered)

    await sent_by(night, AUDITOR, night.channel)

    reading = {"export_made", "verification_made", "journal_consulted", "question_asked"}
    assert done_by(night, AUDITOR) <= reading
    assert "Votre accès est celui d'un auditeur" in seen_by(night, AUDITOR)


def test_what_buttons_carry_are_words() -> None:
    """A button that says something says a word of the grammar."""
    for name, value in BUTTONS.items():
        if name.startswith("say:"):
            word = lookup(split(value)[0])
            assert word is not None, name
    assert all(lookup(one) is not None for one in AUDIT)

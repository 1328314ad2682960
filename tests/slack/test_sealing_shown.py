"""What the cell sees of the sealing: the key to copy, what waits, how far; no checkpoint flood."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import pytest

from bot.core.board import board
from bot.core.crisis import TOCSIN, Actor, Crisis, Fact
from bot.core.notes import NoteAdded, TakeDecision
from bot.core.opening import CloseCrisis
from bot.core.sealing import (
    AnchorDelayed,
    CheckpointSealed,
    ClockBehind,
    KernelClock,
    KeyRotated,
)
from bot.journal.keys import KeyRing
from bot.rotation import rotate
from bot.service import Service
from bot.slack import texts
from bot.slack.notices import notice, orders
from bot.slack.phases import messages
from tests.core.plans import CLAIRE, MIN, Room, opened
from tests.double import validate
from tests.double.blocks import texts as all_texts
from tests.slack.conftest import Night

KEY = "ch_x.example+0913e4ec+Ae7UEdDd1u9XBVsQG26cQkVhuZhzT2xlX70dUxpfU6n3"
NEW = "ch_x.example+93bafbd1+ARykn+PvQ1jEF+qFywbeifo1bsPKBlqffurvghLGtP93"
UNSYNCHRONISED = KernelClock(False, 5, 16_000_000, "b" * 8, 1)
SEALED = CheckpointSealed(2, "a" * 64, "note", KEY, "opening", UNSYNCHRONISED)


@dataclass(frozen=True, slots=True)
class Write:
    """Record this fact as it is."""

    fact: Fact

    def decide(self, crisis: Crisis, actor: Actor, now: datetime) -> tuple[Fact, ...]:
        """Return the fact."""
        return (self.fact,)


def plain(blocks: object) -> str:
    """All that these blocks say, no-break spaces as plain ones."""
    return "\n".join(one["text"] for one in all_texts(blocks)).replace("\u00a0", " ")


@pytest.fixture
def room() -> Room:
    """An open crisis whose journal has been sealed once."""
    made = opened()
    made.does(Write(SEALED), by=TOCSIN)
    return made


def test_the_key_is_among_what_is_posted_first(room: Room) -> None:
    """It stands as it must be copied, with what it is for; without a key nothing is said of it."""
    first = orders(board(room.crisis, room.now))

    assert f"`{KEY}`" in plain(first.blocks)
    assert "Recopiez-la sur le classeur papier" in plain(first.blocks)
    assert validate(first.blocks) == []
    bare = opened()
    assert "Clé publique" not in plain(orders(board(bare.crisis, bare.now)).blocks)


def test_what_waits_outside_is_one_calm_line(room: Room) -> None:
    """Since when and where, on the board; nothing while nothing waits."""
    assert "Dépôt extérieur" not in plain(messages(board(room.crisis, room.now))[0].blocks)
    room.does(Write(AnchorDelayed("rfc3161", "https://tsa.example", 2, "503")), by=TOCSIN)
    room.wait(10 * MIN)
    room.does(Write(AnchorDelayed("email", "avocat@exemple.invalid", 2, "refus")), by=TOCSIN)
    room.wait(30 * MIN)

    shown = plain(messages(board(room.crisis, room.now))[0].blocks)
    assert "Dépôt extérieur en attente depuis 40 min : courriel, horodatage." in shown
    assert shown.count("Dépôt extérieur") == 1


def test_the_log_says_how_far_it_is_sealed(room: Room) -> None:
    """Above its last lines, with the hour; a past fact shows both of its hours there."""
    at = room.now
    room.wait(270 * MIN)
    room.does(TakeDecision("Couper", at))

    shown = plain(texts.journal_blocks(room.crisis, room.recorded))
    assert "Scellée jusqu'à la ligne 2 : point de contrôle signé, sam. 21 nov., 03 h 10." in shown
    assert "décidé à 03 h 10, saisi à 07 h 40 Claire Exemple : Décision : Couper" in shown
    assert "2 lignes, empreinte aaaaaaaaaaaaaaaa…, horloge du serveur non synchronisée." in shown
    assert "Scellée" not in plain(texts.journal_blocks(opened().crisis, ()))


def test_checkpoints_are_not_announced_and_a_new_key_is(room: Room) -> None:
    """The channel hears of the key, which must be copied again, and not of each checkpoint."""
    room.does(Write(ClockBehind(2500, room.now)), by=TOCSIN)
    (changed,) = room.does(Write(KeyRotated(KEY, NEW, "départ")), by=CLAIRE)
    told = [notice(fact, stamp, room.crisis) for fact, stamp in room.recorded]
    shown = [one for one in told if one is not None]

    assert len(shown) == 1
    said = plain(shown[0].blocks)
    assert "93bafbd1 signe à la place de 0913e4ec, qui l'atteste. Raison : départ." in said
    assert f"`{NEW}`" in said
    assert validate(shown[0].blocks) == []

    room.does(CloseCrisis("Fausse alerte"))
    assert notice(changed, room.recorded[-1][1], room.crisis) is None


async def test_a_night_with_its_key(night: Night) -> None:
    """The opening shows the key of the file; after a rotation elsewhere the channel shows the new.

    The bot learns of it at its next entry.
    """
    await night.opened()
    assert str(night.house.signer.verifier) in await night.shown("Clé publique")
    reasons = [fact.reason for fact, _ in night.facts() if isinstance(fact, CheckpointSealed)]
    assert reasons[0] == "opening"

    settings = night.house.settings
    keys = KeyRing(settings.key_file, settings.tocsin_key_name)
    await asyncio.to_thread(_rotate, night, keys)
    await night.say("hugo", "note La suite")

    assert str(keys.current.verifier) in await night.shown("signe à la place de")
    assert night.house.signer.verifier == keys.current.verifier
    written = await night.say("claire", "journal")
    assert "Note : La suite" in written
    assert "Point de contrôle" not in written
    assert "Les lignes de scellement ne sont pas montrées ici." in written


def _rotate(night: Night, keys: KeyRing) -> None:
    """Rotate as another process does, with a service of its own on the same journal."""
    from bot.journal.sealer import Sealer
    from bot.wiring import salt

    service = Service(night.house.store, night.house.service.now, salt, Sealer(keys))
    assert rotate(service, keys, CLAIRE, "essai") == 1


async def test_a_past_fact_is_entered_in_the_form(night: Night) -> None:
    """« vers 03:10 », « heure inconnue »: read back with both hours where it is shown."""
    await night.opened()
    await night.form("sami", "say:note")
    await night.double.submit("sami", {"text": "Badges en panne", "when": "heure inconnue"})
    fact, _ = night.last()
    assert isinstance(fact, NoteAdded)
    assert (fact.happened, fact.precision) == (None, "unknown")
    assert "heure inconnue, saisi à" in await night.shown("Note : Badges en panne")

    await night.form("claire", "say:note")
    when = {"kind": "decision", "text": "Couper", "when": "hier vers 23:40"}
    await night.double.submit("claire", when)
    shown = await night.shown("📝 Décision : Couper")
    assert "vers 23 h 40, saisi à" in shown

"""Journals as the service seals them: a night played on the rules, or as long as wanted."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256

from bot.core.crisis import Actor, Fact, Stamp
from bot.core.duties import RaiseReminders
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote, CorrectLine, TakeDecision
from bot.core.opening import OpenCrisis
from bot.core.people import GiveRole
from bot.core.steps import AnswerQuestion, BlockStep, CompleteStep, SkipStep, TakeStep
from bot.core.transcript import DeleteMessage, EditMessage, HearMessage, MessageHeard
from bot.exports.jsonl import CrisisSummary
from bot.exports.summary import summary
from bot.journal.codec import encode
from bot.journal.entry import GENESIS, Entry, seal
from tests.core.plans import BRUNO, CLAIRE, DIANE, MIN, START, H, Room, real_plan

TITLE = "Écrans de rançon aux urgences"
CRISIS = "2026-0001"


def written(told: Iterable[tuple[Fact, Stamp]], crisis: str = CRISIS) -> Iterator[Entry]:
    """The entries of these facts, chained."""
    prev = GENESIS
    for fact, stamp in told:
        entry = seal(
            crisis=crisis,
            seq=stamp.seq,
            kind=fact.name,
            event_time=stamp.at,
            record_time=stamp.recorded,
            slack_ts=getattr(fact, "ts", None),
            prev=prev,
            body=encode(fact, stamp.actor, "C0CRISE"),
            salt=sha256(str(stamp.seq).encode()).digest(),
            delivery=None,
        )
        prev = entry.hash
        yield entry


def night(*, exercise: bool = False, texts: Iterable[str] = ()) -> Room:
    """A night of ransomware on the real playbook, with these texts said in the channel."""
    room = Room(START)
    opening = OpenCrisis(
        TITLE,
        real_plan(),
        START - 20 * MIN,
        exercise=exercise,
        level="2",
        noticed_how="Postes figés 🚨, imprimantes muettes.",
    )
    room.does(opening, GiveRole("rssi", BRUNO))
    said(room, "Six postes touchés :rotating_light: <@U1>", "1.1")
    room.wait(5 * MIN).does(TakeStep("R01"), by=BRUNO)
    room.wait(4 * MIN).does(
        CompleteStep("R01", "Appel reçu à 02 h 50, photo de l'écran prise."), by=BRUNO
    )
    room.wait(3 * MIN).does(RecordInstant("t_stad", START, "exact", "", "note de rançon lue"))
    room.does(RecordInstant("t_dp", START, "about", "Diane Inventée", "dossiers illisibles"))
    room.wait(2 * MIN).does(
        TakeDecision("Couper Internet et la télémaintenance ; garder les liens du SAMU.")
    )
    room.does(AnswerQuestion("soins-touches", "oui"), by=DIANE)
    room.wait(6 * MIN).does(BlockStep("R07", "le pare-feu ne répond pas"), by=BRUNO)
    room.does(AddNote("Point de situation dans vingt minutes.", room.now - 15 * MIN), by=DIANE)
    room.does(EditMessage("1.1", "Sept postes touchés", ""), by=BRUNO)
    room.does(DeleteMessage("1.1", ""), by=BRUNO)
    room.wait(70 * MIN).does(RaiseReminders())
    room.does(SkipStep("R05", "sans objet : plus de sauvegarde en ligne"), by=CLAIRE)
    room.does(CorrectLine(9, "il était 03 h 20 et non 03 h 22"), by=CLAIRE)
    for number, text in enumerate(texts):
        said(room.wait(MIN), text, f"2.{number}")
    room.wait(H).does(TakeDecision("Plan blanc : non activé, à revoir à 08 h 00.", room.now))
    return room


def said(room: Room, text: str, ts: str, by: Actor = BRUNO) -> None:
    """Somebody says this in the channel."""
    room.does(HearMessage(ts, text, happened=room.now), by=by)


def entries(room: Room) -> list[Entry]:
    """The entries of what was played."""
    return list(written(room.recorded, crisis(room)))


def crisis(room: Room) -> str:
    """The number of its crisis, apart for an exercise."""
    return f"EX-{CRISIS}" if room.crisis.exercise else CRISIS


def told(room: Room) -> CrisisSummary:
    """What an export says of it."""
    return summary(room.crisis)


def long_log(count: int, text: str = "Message d'essai, sans importance.") -> Iterator[Entry]:
    """A night that goes on with so many messages, without being held in memory."""
    room = night()
    moment, seq = room.now, room.crisis.seq

    def facts() -> Iterator[tuple[Fact, Stamp]]:
        yield from room.recorded
        for number in range(seq + 1, seq + count + 1):
            at: datetime = moment + timedelta(seconds=number)
            fact = MessageHeard(f"9.{number}", text, happened=at)
            yield fact, Stamp(number, BRUNO, at, at)

    return written(facts())

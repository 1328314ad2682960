"""Erasure through the one road: state, files and memory lose the text, and nothing else."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.crisis import ERASED, Actor, Crisis
from bot.core.duties import ReopenDuty, SettleDuty
from bot.core.erasable import ERASABLE
from bot.core.erasure import AskErasure, ConfirmErasure, ErasureAsked, LinesErased
from bot.core.evidence import RateAnswer, RecordQuestion, RecordWording
from bot.core.files import SharedFile
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote, CorrectLine, FlagMessage, TakeDecision
from bot.core.opening import ChangeLevel, CloseCrisis, ReopenCrisis
from bot.core.steps import BlockStep, CompleteStep, ReopenStep, SkipStep
from bot.core.transcript import DeleteMessage, EditMessage, HearMessage
from bot.errors import Refused
from bot.exports.jsonl import Progress
from bot.exports.rows import rows
from bot.journal.cleaning import AGAIN
from bot.journal.store import Store
from bot.journal.verify import verify_lines
from bot.sentences import told
from bot.service import Ask, Done, Service
from tests.core.plans import BASIS
from tests.journal.chains import exported
from tests.service.offices import BRUNO, CLAIRE, Office

DIANE = Actor("U3", "Diane Inventée")
NAMED = frozenset({"U2", "U3"})
SECRET = "Jean Fictif, chambre 12"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """A service at work on a new journal, with a crisis just opened."""
    async with Office(tmp_path) as made:
        await made.opens()
        yield made


def ask(*lines: int) -> AskErasure:
    """Bruno's request for these lines."""
    return AskErasure(lines, "Identité saisie par erreur", BASIS, NAMED)


async def erase(office: Office, *lines: int) -> Crisis:
    """Have these lines erased at two persons; the crisis as the second one is answered."""
    asked = await office.does(ask(*lines), by=BRUNO)
    done = await office.does(ConfirmErasure(asked.facts[-1][1].seq, NAMED), by=DIANE)
    assert isinstance(done.facts[-1][0], LinesErased)
    return done.crisis


async def everything(office: Office) -> dict[str, list[int]]:
    """Write a secret wherever people type; the numbers of the lines that hold it, by kind."""
    written: list[Done] = [
        await office.does(command)
        for command in (
            ChangeLevel("2", f"niveau {SECRET}"),
            RecordInstant("t_dp", office.now, known_by=f"su {SECRET}", evidence=SECRET),
            AddNote(f"note {SECRET}"),
            TakeDecision(f"décision {SECRET}"),
            CorrectLine(3, f"correction {SECRET}"),
            HearMessage("17.1", f"dit {SECRET}", files=(SharedFile("F1", f"{SECRET}.pdf"),)),
            EditMessage("17.1", f"changé {SECRET}", ""),
            FlagMessage("17.1", f"relevé {SECRET}", CLAIRE),
            DeleteMessage("17.1", ""),
            CompleteStep("constater", f"preuve {SECRET}"),
            ReopenStep("constater", f"à refaire {SECRET}"),
            SkipStep("payer", f"écartée {SECRET}"),
            BlockStep("papier", f"bloquée {SECRET}"),
            SettleDuty("commission", "sent", f"preuve {SECRET}"),
            ReopenDuty("commission", f"reprise {SECRET}"),
            CloseCrisis(f"fin {SECRET}"),
            ReopenCrisis(f"suite {SECRET}"),
            RecordQuestion(f"question {SECRET}", "aucune", ()),
        )
    ]
    question = written[-1].facts[-1][1].seq
    written.append(await office.does(RecordWording(question, f"réponse {SECRET}", 0, True)))
    written.append(await office.does(RateAnswer(question, False, f"faux {SECRET}")))
    numbers: dict[str, list[int]] = {}
    for fact, stamp in (one for done in written for one in done.facts):
        if SECRET in str(fact):
            numbers.setdefault(fact.name, []).append(stamp.seq)
    return numbers


def raw(folder: Path) -> bytes:
    """Every byte of every file in a folder."""
    return b"".join(one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file())


def folded_anew(office: Office) -> Crisis:
    """The crisis as somebody folds it who was not there."""
    with closing(Store(f"sqlite:///{office.path}")) as store:
        return Service(store, lambda: office.now, bytes).crisis("2026-0001")


async def test_every_kind_loses_its_text_and_nothing_else(office: Office, tmp_path: Path) -> None:
    """A secret in every kind of a long night: all of it goes, from state, memory and files."""
    numbers = await everything(office)
    assert len(numbers) > 15
    assert set(numbers) <= set(ERASABLE)
    before = office.service.crisis("2026-0001")
    lines = [one for found in numbers.values() for one in found]

    crisis = await erase(office, *lines)

    asked = office.kinds().index("erasure_asked") + 1
    assert crisis == office.service.crisis("2026-0001") == folded_anew(office)
    assert {*crisis.erased} == {*lines}
    assert SECRET not in str(crisis)
    assert SECRET not in str(list(office.service.facts("2026-0001")))
    assert (crisis.steps.keys(), crisis.duties) == (before.steps.keys(), before.duties)
    assert {key: one.status for key, one in crisis.steps.items()} == {
        key: one.status for key, one in before.steps.items()
    }
    assert crisis.instants["t_dp"].at == before.instants["t_dp"].at
    assert (crisis.level, crisis.is_open, crisis.flagged) == ("2", True, before.flagged)
    assert crisis.erasures[asked].settled == "done"
    assert SECRET.encode() not in raw(tmp_path)
    assert b"saisie par erreur" in raw(tmp_path)
    assert office.service.clean


async def test_the_line_stays_with_its_time_and_its_authors_role(office: Office) -> None:
    """What is read of an erased line: moment, kind, role, and by which line it was erased."""
    office.wait(timedelta(minutes=5))
    await office.does(AddNote(SECRET))
    (whole,) = [one for one in office.store.read("2026-0001") if one.kind == "note_added"]

    crisis = await erase(office, whole.seq)

    left = next(one for one in office.store.read("2026-0001") if one.seq == whole.seq)
    assert (left.line, left.hash, left.sig) == (whole.line, whole.hash, whole.sig)
    assert (left.body, left.salt) == (None, None)
    fact, stamp = next(one for one in office.service.facts("2026-0001") if one[1].seq == whole.seq)
    assert stamp.actor == Actor("", ERASED, CLAIRE.role)
    assert (stamp.at, stamp.recorded) == (whole.event_time, whole.record_time)
    assert stamp.erased_by == crisis.seq
    assert told(fact, stamp, crisis.plan) == (
        f"Note : (effacé) [texte effacé sur demande, ligne {crisis.seq}]"
    )


async def test_views_and_verification_after_it(office: Office) -> None:
    """A view keeps a row for each erased line; the journal verifies, and says what is missing."""
    await office.does(AddNote(SECRET))
    whole = next(one for one in office.store.read("2026-0001") if one.kind == "note_added")
    crisis = await erase(office, whole.seq)

    entries = list(office.store.read("2026-0001"))
    row = next(one for one in rows(entries, Progress()) if one.seq == whole.seq)
    report = verify_lines(exported(entries))

    assert (row.kind_title, row.hash, row.stamp.actor.role) == ("Note", whole.hash, CLAIRE.role)
    assert row.stamp.at == whole.event_time
    assert f"texte effacé sur demande, ligne {crisis.seq}" in row.text
    assert report.ok
    assert [(one.seq, one.by) for one in report.erased] == [(whole.seq, crisis.seq)]


async def test_what_was_split_over_pages_long_ago_is_gone_too(
    office: Office, tmp_path: Path
) -> None:
    """Pages of several crises that grew together hold stale copies: none is left after it."""
    for _ in range(2):
        await office.opens()
    crises = [f"2026-000{number}" for number in (1, 2, 3)]
    secrets = {}
    for number in range(240):
        text = f"secret-{number:04d} " + "x" * (37 * number % 2900)
        done = await office.does(AddNote(text), crises[number % 3])
        secrets[crises[number % 3], done.facts[0][1].seq] = text[:11]
    for crisis in crises:
        lines = [seq for name, seq in secrets if name == crisis]
        for at in range(0, len(lines), 40):
            asked = await office.does(ask(*lines[at : at + 40]), crisis, BRUNO)
            await office.does(ConfirmErasure(asked.facts[-1][1].seq, NAMED), crisis, DIANE)

    found = raw(tmp_path)
    assert [one for one in secrets.values() if one.encode() in found] == []


async def test_in_one_batch_nothing_slips_past_the_erasure(office: Office, tmp_path: Path) -> None:
    """An edit and a deletion written in the same transaction as the erasure bring nothing back."""
    await office.does(HearMessage("17.1", SECRET))
    line = office.service.crisis("2026-0001").seq
    asked = (await office.does(ask(line), by=BRUNO)).facts[-1][1].seq

    results = office.service.commit(
        [
            Ask("2026-0001", CLAIRE, EditMessage("17.1", f"avant {SECRET}", "")),
            Ask("2026-0001", DIANE, ConfirmErasure(asked, NAMED)),
            Ask("2026-0001", CLAIRE, EditMessage("17.1", f"après {SECRET}", "")),
            Ask("2026-0001", CLAIRE, DeleteMessage("17.1", f"supprimé {SECRET}")),
        ]
    )

    assert all(isinstance(one, Done) for one in results)
    assert office.kinds()[-3:] == ["message_edited", "lines_erased", "message_deleted"]
    assert SECRET not in str([one.crisis for one in results if isinstance(one, Done)])
    assert SECRET.encode() not in raw(tmp_path)


async def test_both_may_confirm_at_once_and_one_does(office: Office) -> None:
    """Two confirmations in one batch, by two persons: one erasure, one sentence."""
    await office.does(AddNote(SECRET))
    asked = (await office.does(ask(office.service.crisis("2026-0001").seq), by=DIANE)).facts

    confirm = ConfirmErasure(asked[-1][1].seq, NAMED | {"U1"})
    done = await asyncio.gather(
        *(office.service.handle(Ask("2026-0001", one, confirm)) for one in (BRUNO, CLAIRE)),
        return_exceptions=True,
    )

    assert sorted(type(one) is Done for one in done) == [False, True]
    assert office.kinds().count("lines_erased") == 1


async def test_a_kill_between_the_two_persons_is_harmless(tmp_path: Path) -> None:
    """Asked, then the process is gone: nothing is erased, and the next process can confirm."""
    async with Office(tmp_path) as office:
        await office.opens()
        await office.does(AddNote(SECRET))
        await office.does(ask(office.service.crisis("2026-0001").seq), by=BRUNO)
    async with Office(tmp_path, 1) as office:
        crisis = office.service.crisis("2026-0001")
        assert crisis.lines[-1].text == SECRET
        (asked,) = crisis.erasures
        await office.does(ConfirmErasure(asked, NAMED), by=DIANE)
        assert SECRET not in str(office.service.crisis("2026-0001"))
    assert SECRET.encode() not in raw(tmp_path)


async def test_who_reads_the_file_delays_the_cleaning_only(office: Office, tmp_path: Path) -> None:
    """With a reader on the file the erasure is done and said, and the file is cleaned later: by
    this process, or by the next one if it is killed before.
    """
    await office.does(AddNote(SECRET))
    line = office.service.crisis("2026-0001").seq
    with office.struck("busy_timeout = 20"), closing(sqlite3.connect(office.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()

        crisis = await erase(office, line)

        assert SECRET not in str(crisis)
        assert not office.service.clean
        assert SECRET.encode() in raw(office.path.parent)
        shutil.copytree(office.path.parent, tmp_path / "killed" / "data")
        reader.execute("ROLLBACK")
        await office.service.tidy()  # too early to try again
        assert not office.service.clean
        office.wait(AGAIN)
        await office.service.tidy()
        assert office.service.clean
        assert SECRET.encode() not in raw(office.path.parent)

    async with Office(tmp_path / "killed", 1) as later:
        assert SECRET.encode() in raw(later.path.parent)
        await later.service.tidy()
        assert SECRET.encode() not in raw(later.path.parent)


async def test_a_clock_that_is_put_back_does_not_delay_the_cleaning(office: Office) -> None:
    """The file is cleaned at the next look, and not a day later when the clock is there again."""
    await office.does(AddNote(SECRET))
    line = office.service.crisis("2026-0001").seq
    with office.struck("busy_timeout = 20"), closing(sqlite3.connect(office.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchone()
        await erase(office, line)
        assert not office.service.clean
        reader.execute("ROLLBACK")
        office.wait(timedelta(days=-1))
        await office.service.tidy()
        assert office.service.clean


async def test_a_refused_disk_erases_nothing(office: Office) -> None:
    """The removal is in the transaction of its entry: without the one, not the other."""
    await office.does(AddNote(SECRET))
    asked = await office.does(ask(office.service.crisis("2026-0001").seq), by=BRUNO)
    confirm = ConfirmErasure(asked.facts[-1][1].seq, NAMED)

    with office.struck("query_only = ON"), pytest.raises(Exception, match="lecture seule"):
        await office.does(confirm, by=DIANE)

    assert folded_anew(office).lines[-1].text == SECRET
    assert office.service.crisis("2026-0001").erased == {}
    await office.does(confirm, by=DIANE)
    assert SECRET not in str(office.service.crisis("2026-0001"))


async def test_refusals_reach_the_person(office: Office) -> None:
    """Through the road as in the rules: nothing is written, and the sentence says why."""
    await office.does(AddNote(SECRET))
    before = office.kinds()

    with pytest.raises(Refused, match="réservé"):
        await office.does(ask(3), by=CLAIRE)
    with pytest.raises(Refused, match="plan de la crise"):
        await office.does(ask(1), by=BRUNO)

    assert office.kinds() == before
    done = await office.does(ask(3), by=BRUNO)
    assert isinstance(done.facts[-1][0], ErasureAsked)

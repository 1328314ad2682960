"""Facts to bodies and back: what is written is what is read, for every kind of fact."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.crisis import ERASED, Actor
from bot.core.erasable import ERASABLE, blanked, kept
from bot.core.erasure import ErasedLine, LinesErased
from bot.core.facts import FACTS
from bot.core.opening import CrisisOpened
from bot.core.playbook import Plan
from bot.journal.canonical import canonical
from bot.journal.codec import decode, encode
from bot.journal.entry import Entry, Erased, open_line, seal
from bot.library.playbooks import load_plans
from tests.core.plans import PLAN, PLAYBOOKS

MOMENTS = st.integers(0, 2**42).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
PLAIN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=40),
    int: st.integers(0, 2**40),
    bool: st.booleans(),
    datetime: MOMENTS,
    Plan: st.just(PLAN),
    timedelta: st.integers(0, 10**6).map(lambda seconds: timedelta(seconds=seconds)),
    types.NoneType: st.none(),
    Mapping[str, Any]: st.dictionaries(
        st.text("abc_", max_size=9), st.text(max_size=9), max_size=3
    ),
}


def of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type, as the facts declare it."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of([of(one) for one in inner])
    if origin is tuple:
        return st.lists(of(inner[0]), max_size=3).map(tuple)
    assert isinstance(hint, type), f"the test does not know how to make {hint}"
    assert is_dataclass(hint), f"the test does not know how to make {hint}"
    hints = get_type_hints(hint)
    return st.builds(hint, **{one.name: of(hints[one.name]) for one in fields(hint)})


def back(fact: Any, actor: Actor, happened: datetime) -> tuple[Any, Any]:
    """The fact and its stamp, as read from the sealed line of the file."""
    entry = sealed(fact, actor, happened)
    return decode(open_line(entry.line, entry.salt, entry.body))


def sealed(fact: Any, actor: Actor, happened: datetime) -> Entry:
    """The entry of a fact, as the service seals it."""
    return seal(
        crisis="2026-0001",
        seq=7,
        kind=fact.name,
        event_time=happened,
        record_time=happened,
        slack_ts=None,
        prev="0" * 64,
        body=encode(fact, actor, "C1"),
        salt=bytes(32),
        delivery=None,
    )


@pytest.mark.parametrize("name", FACTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_fact_comes_back_as_it_was(name: str, data: st.DataObject) -> None:
    """Whatever a fact says, reading its entry gives an equal fact, actor and moment."""
    fact = data.draw(of(FACTS[name]))
    actor, happened = data.draw(of(Actor)), data.draw(MOMENTS)

    read, stamp = back(fact, actor, happened)

    assert read == fact
    assert (stamp.actor, stamp.at, stamp.seq) == (actor, happened, 7)


@pytest.mark.parametrize("name", ERASABLE)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_erased_fact_comes_back_without_its_texts(name: str, data: st.DataObject) -> None:
    """What an erasure keeps of a fact, read back, is the fact as it was but for its texts."""
    fact = data.draw(of(FACTS[name]))
    happened = data.draw(MOMENTS)
    done = LinesErased(8, (ErasedLine(7, name, "DPO", kept(fact)),))
    read, _ = back(done, Actor("U1", "Claire Exemple"), happened)
    (line,) = read.lines

    left, stamp = decode(
        replace(
            sealed(fact, Actor("U2", "Bruno Fictif"), happened),
            body=None,
            salt=None,
            erased=Erased(9, line.role, canonical(line.kept)),
        )
    )

    assert left == blanked(fact)
    assert (stamp.actor, stamp.erased_by) == (Actor("", ERASED, "DPO"), 9)


@pytest.mark.parametrize("name", load_plans(PLAYBOOKS).plans)
def test_every_plan_of_the_house_comes_back_as_it_was(name: str) -> None:
    """A crisis keeps exactly the plan it was opened with: the files' plans survive the journal."""
    plan = load_plans(PLAYBOOKS).plans[name]
    opened = CrisisOpened(plan, "Essai", False, "", "", ("Site",), ())

    read, _ = back(opened, Actor("U1", "Claire Exemple"), datetime(2026, 11, 21, tzinfo=UTC))

    assert read == opened


def test_the_names_of_facts_are_those_of_the_journal() -> None:
    """A name, once written, is never changed: renaming one would orphan the lines of the past."""
    assert sorted(FACTS) == [
        "anchor_delayed",
        "anchor_dropped",
        "anchor_received",
        "answer_rated",
        "answer_worded",
        "briefing_raised",
        "briefing_shared",
        "channel_opened",
        "checkpoint_sealed",
        "clock_behind",
        "counter_set",
        "crisis_closed",
        "crisis_opened",
        "crisis_reopened",
        "decision_taken",
        "delay_explained",
        "document_drafted",
        "drill_ended",
        "drill_observed",
        "drill_paced",
        "drill_started",
        "duty_reopened",
        "duty_settled",
        "erasure_asked",
        "erasure_refused",
        "export_made",
        "field_filled",
        "file_read",
        "file_unread",
        "gap_filled",
        "gap_found",
        "handover_dropped",
        "handover_proposed",
        "handover_taken",
        "holder_away",
        "holder_back",
        "inject_played",
        "inject_skipped",
        "instant_recorded",
        "journal_consulted",
        "key_rotated",
        "level_changed",
        "line_corrected",
        "lines_erased",
        "member_joined",
        "member_left",
        "message",
        "message_deleted",
        "message_edited",
        "note_added",
        "opinion_given",
        "plan_adopted",
        "question_answered",
        "question_asked",
        "reminder_raised",
        "role_given",
        "role_released",
        "state_told",
        "step_added",
        "step_agreed",
        "step_assigned",
        "step_blocked",
        "step_completed",
        "step_entrusted",
        "step_reopened",
        "step_skipped",
        "step_split",
        "step_taken",
        "ultimatum_lifted",
        "ultimatum_recorded",
        "verification_made",
    ]

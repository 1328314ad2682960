"""The draft of a write-up, from the log of a crisis: what happened, what held, what did not.

It has the front matter and the sections of ``knowledge/incidents``, each statement marked as coming
from the log, so that it passes ``tocsin check`` as it is; what the log cannot know is left to be
completed.  People are told by their role: names that the crisis knows are replaced, and what
identifies a patient is taken out.  Whoever leads reads it again before it joins the library.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.core import identifiers
from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.duties import DutySettled
from bot.core.french import clock, plural, span, typography
from bot.core.instants import InstantRecorded
from bot.core.lessons import Lesson, lessons, proposal
from bot.core.notes import DecisionTaken
from bot.core.opening import CrisisClosed, CrisisOpened, CrisisReopened, LevelChanged
from bot.core.playbook import Step
from bot.core.steps import StepBlocked
from bot.sentences import tell

SOURCE: Final = "MC"
"""The mark of the log among the sources of the draft."""
SECTIONS: Final = (
    "En bref", "Chronologie", "Ce que l'établissement a dit",
    "Ce que les attaquants ont revendiqué", "Ce que la presse et les autorités ont rapporté",
    "Conséquences sur les soins", "Réponse et reprise", "Leçons", "Ce qui reste inconnu",
)  # fmt: skip
"""The sections of a write-up where the rules of the house name none."""
_TOLD: Final = (
    CrisisOpened, CrisisClosed, CrisisReopened, LevelChanged, InstantRecorded, DecisionTaken,
    DutySettled, StepBlocked,
)  # fmt: skip
"""What the chronology tells, of all that a log holds."""
_MOST: Final = 80
_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip
_CALLED: Final = re.compile(
    r"\b(?:M\.|MM\.|Mme|Mlle|Monsieur|Madame|Dr|Docteur|Docteure|Pr|Professeur)\s+"
    r"[A-ZÀ-Ý][\w'’-]+(?:\s+[A-ZÀ-Ý][\w'’-]+)?"
)
_MENTION: Final = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
_SOMEBODY: Final = "une personne de la cellule"
_SILENCE: Final = "Non communiqué dans la main courante : à compléter, avec les dates"

Recorded = tuple[Fact, Stamp]


@dataclass(frozen=True, slots=True)
class Draft:
    """The draft: the name of its file, and its text."""

    name: str
    text: str


def write_up(
    crisis: Crisis,
    history: Iterable[Recorded],
    now: datetime,
    head: str,
    sections: Sequence[str] = (),
) -> Draft:
    """The draft of the write-up of a crisis at ``now`` (UTC); ``head`` is the hash of its log."""
    told = tuple(history)
    writer = _Writer(crisis, told, now)
    parts: Mapping[str, Callable[[], Iterator[str]]] = {
        "En bref": writer.summary,
        "Chronologie": writer.chronology,
        "Conséquences sur les soins": writer.care,
        "Réponse et reprise": writer.response,
        "Leçons": writer.lessons,
        "Ce qui reste inconnu": writer.unknown,
    }
    body = []
    for section in sections or SECTIONS:
        lines = list(parts[section]()) if section in parts else []
        body.append(f"## {section}\n")
        body += [f"- {writer.plain(one)} [{SOURCE}]." for one in lines or [_SILENCE]]
        body.append("")
    front = _front(crisis, now, head, writer.lesson())
    return Draft(f"{name_of(crisis)}.md", "\n".join([*front, *body]).rstrip() + "\n")


def name_of(crisis: Crisis) -> str:
    """The id of the write-up of a crisis, which names its file too."""
    return f"retex-{crisis.id.lower()}"


def _front(crisis: Crisis, now: datetime, head: str, lesson: str) -> list[str]:
    house = crisis.plan.establishment
    ended = (crisis.closed.at if crisis.closed else now).astimezone(ZoneInfo(crisis.zone)).date()
    began = crisis.opened_at.astimezone(ZoneInfo(crisis.zone)).date()
    book = crisis.plan.playbook
    start = "EXERCICE — " if crisis.exercise else ""
    title = f"{start}{house.name}, {_MONTHS[began.month - 1]} {began.year} ({book.title.lower()})"
    source = {
        "id": SOURCE,
        "title": f"Main courante {crisis.id}",
        "publisher": house.name,
        "date": ended.isoformat(),
        "where": f"main courante {crisis.id}, ligne {crisis.seq}, empreinte {head[:16]}",
    }
    listed = ", ".join(
        f"{key}: {json.dumps(one, ensure_ascii=False)}" for key, one in source.items()
    )
    keys = {
        "id": name_of(crisis),
        "kind": "incident",
        "title": title,
        "establishment": house.name,
        "country": "France",
        "happened": began.isoformat(),
        "attack": book.title.lower(),
        "playbooks": [book.id],
        "hit": [*crisis.sites, *crisis.services],
        "actor": "inconnu à la clôture",
        "lesson": lesson,
        "verified": now.astimezone(ZoneInfo(crisis.zone)).date().isoformat(),
    }
    written = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
    return ["---", *written, "sources:", f"  - {{{listed}}}", "---", ""]


class _Writer:
    """The sentences of each section."""

    def __init__(self, crisis: Crisis, history: Sequence[Recorded], now: datetime) -> None:
        self.crisis = crisis
        self.history = history
        self.now = now
        self.plan = crisis.plan
        self._names = _names(crisis, history)
        over = crisis if crisis.closed else _as_if_over(crisis, now)
        self._learnt = lessons([(over, history)], exercises=crisis.exercise)

    # -- sections ---------------------------------------------------------------------------

    def summary(self) -> Iterator[str]:
        """What, when, how long, how far."""
        crisis = self.crisis
        level = next((one.title for one in self.plan.cell.levels if one.id == crisis.level), "")
        yield f"{self._at(crisis.opened_at)} : {crisis.title}" + (
            f", niveau {level}" if level else ""
        )
        ended = crisis.closed.at if crisis.closed else self.now
        state = "" if crisis.closed else ", encore ouverte à la rédaction"
        lines = plural(crisis.seq, "ligne")
        yield f"Durée : {span(ended - crisis.opened_at)}{state} ; {lines} de main courante"
        states = [crisis.step(one.id).status for one in self.plan.playbook.steps]
        counts = (
            plural(states.count("done"), "étape faite", "étapes faites"),
            plural(states.count("skipped"), "écartée"),
            plural(states.count("blocked"), "restée bloquée", "restées bloquées"),
        )
        yield f"Conduite : {', '.join(counts)}"

    def chronology(self) -> Iterator[str]:
        """What was decided, dated, filed or stuck, in the order in which it happened."""
        found = [(fact, stamp) for fact, stamp in self.history if isinstance(fact, _TOLD)]
        for fact, stamp in sorted(found, key=lambda one: (one[1].at, one[1].seq))[:_MOST]:
            yield f"{self._at(stamp.at)} : {tell(fact, self.plan).rstrip('.')}"
        if len(found) > _MOST:
            at = self._at(self.now)
            yield f"{at} : {plural(len(found) - _MOST, 'autre ligne')} dans la main courante"

    def care(self) -> Iterator[str]:
        """What the cell answered of the effects, what it counted, what it said of its units."""
        hospital = self.crisis.hospital
        for question in self.plan.playbook.questions:
            answer = self.crisis.answers.get(question.id)
            if answer:
                yield f"« {question.ask} » : {answer}"
        for count in hospital.counters.values():
            yield f"{count.label} : {count.value}"

    def response(self) -> Iterator[str]:
        """The duties with their outcome, then the steps that were done within their target."""
        for duty in self.plan.obligations.duties:
            state = self.crisis.duties.get(duty.id)
            if state is not None and state.settlement == "sent":
                yield f"{self._at(state.at)} : « {duty.title} » envoyée à {duty.recipient}"
        held = [one for one in self._steps() if self._learnt[one.id].times and not self._late(one)]
        if held:
            yield f"Faites dans l'objectif : {', '.join(map(_named, held))}"

    def lessons(self) -> Iterator[str]:
        """Step by step: what was late, blocked or set aside, why, and what to change."""
        for step in self._steps():
            learnt = self._learnt[step.id]
            said = [*self._delay(step, learnt), *_reasons("bloquée", learnt.blocked)]
            said += _reasons("écartée", learnt.skipped)
            if said:
                advice = proposal(learnt, step.within).rstrip(".")
                tail = f". {advice}" if advice else ""
                yield f"**{_named(step)}** : {' ; '.join(said)}{tail}"

    def unknown(self) -> Iterator[str]:
        """Questions without an answer, instants that nobody dated."""
        for question in self.plan.playbook.questions:
            if self.crisis.answers.get(question.id, "inconnu") == "inconnu":
                yield f"Sans réponse : « {question.ask} »"
        for instant in self.plan.obligations.instants:
            if instant.kind == "legal" and instant.id not in self.crisis.instants:
                yield f"Jamais daté : « {instant.title} »"

    def lesson(self) -> str:
        """The first lesson, for the card of the incident."""
        first = next(self.lessons(), "Aucune étape n'a tardé ni bloqué : à compléter")
        return self.plain(f"{first.replace('**', '')} [{SOURCE}].")

    # -- words ------------------------------------------------------------------------------

    def plain(self, text: str) -> str:
        """The text on one line, without a name, an identity, nor what reads as a mark."""
        flat = " ".join(text.split()).removesuffix(f" [{SOURCE}].")
        marked = flat != " ".join(text.split())
        safe = _MENTION.sub(_SOMEBODY, flat).replace("[", "(").replace("]", ")")
        for name, role in self._names.items():
            known = rf"@?(?<!\w){re.escape(name)}(?!\w)"
            safe = re.sub(known, role.replace("\\", ""), safe, flags=re.IGNORECASE)
            safe = safe.replace(f"{role} ({role})", role)
        safe = _CALLED.sub("une personne", safe)
        found = identifiers.find(safe, self.now.date())
        return typography(identifiers.strip(safe, found)) + (f" [{SOURCE}]." if marked else "")

    def _steps(self) -> Iterator[Step]:
        return (one for one in self.plan.playbook.steps if one.id in self._learnt)

    def _late(self, step: Step) -> bool:
        return self._learnt[step.id].late > 0

    def _delay(self, step: Step, learnt: Lesson) -> Iterator[str]:
        if self._late(step) and learnt.usual is not None and step.within is not None:
            yield f"faite {span(learnt.usual)} après l'ouverture, objectif {span(step.within)}"

    def _at(self, at: datetime) -> str:
        """Day and hour in full: ``21 novembre 2026, 03 h 10``."""
        local = at.astimezone(ZoneInfo(self.crisis.zone))
        day = "1er" if local.day == 1 else str(local.day)
        return f"{day} {_MONTHS[local.month - 1]} {local.year}, {clock(at, self.crisis.zone)}"


def _as_if_over(crisis: Crisis, now: datetime) -> Crisis:
    """The crisis as if it ended now: a draft may be asked for before the end."""
    opened = crisis.opened
    ended = Stamp(crisis.seq, opened.actor, now, now) if opened else None
    return replace(crisis, closed=ended)


def _names(crisis: Crisis, history: Iterable[Recorded]) -> dict[str, str]:
    """Every name that the crisis knows -> the role by which it is told; the longest names first."""
    titles = {one.id: one.title for one in crisis.plan.cell.roles}
    found = {
        one.name: titles.get(one.roles[0], one.roles[0]) if one.roles else ""
        for one in crisis.plan.establishment.people
    }
    for _, stamp in history:
        found.setdefault(stamp.actor.name, stamp.actor.role)
    for held in crisis.roles.values():
        for one in held:
            found.setdefault(one.name, one.role)
    named = {name: role or _SOMEBODY for name, role in found.items() if " " in name.strip()}
    return dict(sorted(named.items(), key=lambda one: -len(one[0])))


def names_in(text: str, people: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Line and name of each of these people that a text names."""
    wanted = [one for one in people if " " in one.strip()]
    for number, row in enumerate(text.splitlines(), 1):
        for name in wanted:
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", row, flags=re.IGNORECASE):
                yield number, name


def identities_in(text: str, today: date) -> Iterator[tuple[int, str]]:
    """Line and kind of what identifies a patient in a text."""
    for number, row in enumerate(text.splitlines(), 1):
        found = identifiers.find(row, today)
        if found:
            yield number, identifiers.told(found)


def _named(step: Step) -> str:
    return f"{step.ref} {step.title}".strip()


def _reasons(word: str, given: Sequence[str]) -> Iterator[str]:
    if given:
        yield f"{word} ({' ; '.join(dict.fromkeys(one.rstrip('.') for one in given))})"

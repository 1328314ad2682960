"""What the library answers badly, and what it holds that nobody finds: figures for who mends it.

From the questions recorded in the journals of crises and the ratings of answers given elsewhere.
Questions that differ only by case, accents or punctuation are one.  The last word of each person
on a question counts.  A person never appears in what is returned; what identifies a patient is
taken out of questions and reasons.

Crises and exercises are the caller's to keep apart.  Nothing is read from a disk here.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.core.crisis import Fact, Stamp
from bot.core.evidence import AnswerRated, QuestionAsked
from bot.core.identifiers import find, strip
from bot.library.corpus import Passage
from bot.library.french import fold
from bot.library.ratings import Rated

_WORDS = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody thought of an answer; who is not kept."""

    useful: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Consultation:
    """A question, how sure the answer was, which passages it showed, what was thought of it."""

    question: str
    confidence: str
    shown: tuple[str, ...] = ()
    """Ids of passages, the best first."""
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, however often it was put."""

    question: str
    times: int
    useful: int = 0
    wrong: int = 0
    reasons: tuple[str, ...] = ()
    """Why the answer was not the right one, as people wrote it; none twice."""
    shown: tuple[str, ...] = ()
    """Ids of the passages that were shown, the most often shown first."""


@dataclass(frozen=True, slots=True)
class Use:
    """How one file of the library served."""

    path: str
    title: str
    kind: str
    passages: int
    times: int
    """Answers that showed one of its passages."""
    first: int
    """Those of them in which it came first."""
    useful: int
    wrong: int
    unfound: tuple[str, ...]
    """Ids of its passages that no answer ever showed."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """The whole report on a set of consultations."""

    questions: int
    confidences: Mapping[str, int]
    useful: int
    wrong: int
    nothing: tuple[Asked, ...]
    """Questions that found nothing, what is outside the field among them."""
    unsure: tuple[Asked, ...]
    """Questions answered « à vérifier »."""
    marked: tuple[Asked, ...]
    """Questions whose answer somebody marked as not the right one."""
    uses: tuple[Use, ...]
    """Every file of the library, the one that served most first."""


@dataclass(slots=True)
class _Record:
    """A question of a journal while its ratings are read; ``said`` is by Slack id."""

    asked: QuestionAsked
    said: dict[str, Opinion] = field(default_factory=dict)


def of_journal(
    facts: Iterable[tuple[Fact, Stamp]], passages: Sequence[Passage]
) -> list[Consultation]:
    """The consultations of one journal, in order."""
    records: dict[int, _Record] = {}
    for fact, stamp in facts:
        if isinstance(fact, QuestionAsked):
            records[stamp.seq] = _Record(fact)
        elif isinstance(fact, AnswerRated) and fact.of in records:
            records[fact.of].said[stamp.actor.id] = Opinion(fact.useful, fact.text)
    labels = _labels(passages)
    return [_consultation(one, labels) for one in records.values()]


def _labels(passages: Sequence[Passage]) -> Mapping[str, tuple[str, ...]]:
    """Passages by the label under which journals named them before they kept ids."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for one in passages:
        found[f"{one.path} › {one.section}"].append(one.id)
    return {label: tuple(ids) for label, ids in found.items()}


def _consultation(record: _Record, labels: Mapping[str, tuple[str, ...]]) -> Consultation:
    asked = record.asked
    shown = asked.passages or tuple(one for label in asked.sources for one in labels.get(label, ()))
    opinions = tuple(record.said.values())
    return Consultation(asked.question, asked.confidence, shown, opinions)


def of_ratings(rated: Iterable[Rated]) -> list[Consultation]:
    """The consultations behind ratings given outside a crisis: one for each rating."""
    return [
        Consultation(one.question, one.confidence, one.passages, (Opinion(one.useful, one.reason),))
        for one in rated
    ]


def report(
    consultations: Sequence[Consultation], passages: Sequence[Passage], today: date
) -> Feedback:
    """The report on these consultations; ``today`` tells dates of birth from other dates."""
    groups: defaultdict[str, list[Consultation]] = defaultdict(list)
    for one in consultations:
        groups[_same(one.question)].append(one)
    asked = [(group, _asked(group, today)) for group in groups.values()]
    return Feedback(
        questions=len(consultations),
        confidences=dict(Counter(one.confidence for one in consultations)),
        useful=sum(one.useful for _, one in asked),
        wrong=sum(one.wrong for _, one in asked),
        nothing=_ordered(one for group, one in asked if _last(group) == "aucune"),
        unsure=_ordered(one for group, one in asked if _last(group) == "a-verifier"),
        marked=_ordered(one for _, one in asked if one.wrong),
        uses=_uses(consultations, passages),
    )


def _same(question: str) -> str:
    """The key under which a question is one, whatever its case, accents and punctuation."""
    return " ".join(_WORDS.findall(fold(question))) or question


def _last(group: Sequence[Consultation]) -> str:
    """How the question was answered the last time: what was mended since is not told again."""
    return group[-1].confidence


def _asked(group: Sequence[Consultation], today: date) -> Asked:
    opinions = [one for consultation in group for one in consultation.opinions]
    reasons = (_clean(one.reason, today) for one in opinions if not one.useful and one.reason)
    shown = Counter(one for consultation in group for one in consultation.shown)
    return Asked(
        question=_clean(group[-1].question, today),
        times=len(group),
        useful=sum(one.useful for one in opinions),
        wrong=sum(not one.useful for one in opinions),
        reasons=tuple(dict.fromkeys(reasons)),
        shown=tuple(name for name, _ in shown.most_common()),
    )


def _clean(text: str, today: date) -> str:
    return strip(text, find(text, today))


def _ordered(found: Iterable[Asked]) -> tuple[Asked, ...]:
    """The most marked, then the most asked, first."""
    return tuple(sorted(found, key=lambda one: (-one.wrong, -one.times, one.question)))


def _uses(consultations: Sequence[Consultation], passages: Sequence[Passage]) -> tuple[Use, ...]:
    """How each file served, the one that served most first."""
    files: defaultdict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        files[passage.path].append(passage)
    place = {passage.id: passage.path for passage in passages}
    shown: defaultdict[str, list[Consultation]] = defaultdict(list)
    for one in consultations:
        for path in dict.fromkeys(place[name] for name in one.shown if name in place):
            shown[path].append(one)
    uses = (_use(path, held, shown[path]) for path, held in files.items())
    return tuple(sorted(uses, key=lambda one: (-one.times, one.path)))


def _use(path: str, held: Sequence[Passage], shown: Sequence[Consultation]) -> Use:
    """How one file served, from the answers that showed one of its passages."""
    own = {one.id for one in held}
    seen = {name for one in shown for name in one.shown}
    firsts = [one for one in shown if one.shown[0] in own]
    opinions = [one for consultation in firsts for one in consultation.opinions]
    return Use(
        path=path,
        title=held[0].title,
        kind=held[0].kind,
        passages=len(held),
        times=len(shown),
        first=len(firsts),
        useful=sum(one.useful for one in opinions),
        wrong=sum(not one.useful for one in opinions),
        unfound=tuple(one.id for one in held if one.id not in seen),
    )

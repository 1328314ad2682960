"""A question → an answer that quotes, with a stated confidence, or « rien trouvé ».

- ``nette``: words and vectors agree on the first passage, or the passage states that very way of
  asking; ``a-verifier``: something fits, or the vectors are away; ``aucune``: nothing does.
- The passages themselves are the answer, trimmed to the sentences that answer (``excerpt``), each
  by itself with its place: nothing is ever put together from two of them.
- A question about a deadline is answered from the table of duties, never by a model.
- A model may then word what the passages say (``worded``), and only that (``compose``); when it
  fails or too little of what it wrote can be checked, the passages stay the answer.
- A question that identifies a patient never reaches a model, nor does what only some may read.
- When nothing is found, the nearest subjects and the role that holds the matter are told.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.library.compose import Wording, compose, may_be_sent
from bot.library.confidence import Confidence, confidence
from bot.library.corpus import Kind
from bot.library.excerpt import excerpt
from bot.library.french import words
from bot.library.scope import Subject
from bot.library.search import Hit, Hits, Library

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

NOTHING = "Rien trouvé dans les playbooks ni les retours d'expérience."
PASSAGES = 3
#: How many passages the nearest subjects are looked for in.
_NEAREST = 12

_WHO = frozenset("qui quel quelle quels quelles".split())
_DEADLINE = frozenset("delai delais echeance echeances limite deadline heures 72h 24h 48h".split())
_DEADLINE_PHRASES = (
    "combien de temps", "combien d heures", "combien de jours", "jusqu a quand", "avant quand",
    "pour quand", "trop tard", "sous combien", "on a jusqu", "date butoir", "encore le temps",
)  # fmt: skip
#: « quand faut-il notifier », « quand porter plainte ».
_WHEN = re.compile(r" quand (?:il )?(?:faut|do[a-z]+|est ce qu|[a-z]{2,}(?:er|ir|re)) ")
#: With one of these, a question that a duty answers may be about its deadline.
_TIMELY = frozenset("quand temps tard heure heures jour jours semaine mois date vite avant".split())


@dataclass(frozen=True, slots=True)
class SourceRef:
    """A passage that an answer rests on."""

    title: str
    section: str
    path: str
    kind: Kind
    text: str
    score: float
    passage_id: str
    step: str | None
    lines: tuple[int, int]
    labels: tuple[str, ...]
    """Where the passage itself got it from."""
    excerpt: str = ""
    """The part of the text that answers, in Markdown, the words asked for in bold."""
    duty: str | None = None
    readers: tuple[str, ...] | None = None
    """Those who alone may read it; ``None``: everybody."""

    @property
    def heading(self) -> str:
        """Document and section on one line."""
        return f"{self.title} › {self.section}" if self.section else self.title

    @property
    def states_duty(self) -> bool:
        """Whether it is the table's own statement of a duty and its deadline."""
        return self.duty is not None and self.step is None


@dataclass(frozen=True, slots=True)
class Nearest:
    """What is nearest to a question without an answer, and whose matter it is."""

    subjects: tuple[str, ...] = ()
    """Headings of passages that have something of the question, the nearest first."""
    steps: tuple[str, ...] = ()
    """Ids of the steps among them."""
    role: str = ""
    """Id of the role that holds the matter; the one that leads the cell when nothing is near."""
    title: str = ""
    """Title of that role."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said, how sure it is, and on what it rests (the best source first)."""

    question: str
    found: bool
    confidence: Confidence
    text: str
    sources: tuple[SourceRef, ...] = ()
    note: str = ""
    """What the reader should know about the answer itself."""
    declined: str = ""
    """Why a question outside the field is not answered, and where to turn, in a sentence."""
    nearest: Nearest = field(default_factory=Nearest)
    wordable: bool = False
    """Whether a model may word it."""
    wording: Wording | None = None
    """What a model made of it."""

    @property
    def reserved(self) -> bool:
        """Whether it rests on something that only some may read."""
        return any(one.readers is not None for one in self.sources)

    def as_json(self) -> dict[str, Any]:
        """The answer as ``tocsin ask --json`` prints it."""
        made: dict[str, Any] = {
            "question": self.question,
            "found": self.found,
            "confidence": self.confidence,
            "answer": self.text,
            "note": self.note,
            "sources": [asdict(source) for source in self.sources],
            "nearest": asdict(self.nearest),
        }
        if self.wording is not None:
            made["wording"] = asdict(self.wording)
        return made


def answer(
    library: Library, question: str, prefer_playbook: str | None = None, prefer_phase: str = ""
) -> Answer:
    """Answer from the library alone, or say that nothing was found.

    A passage of the preferred playbook, and of its preferred phase, comes before its like.
    """
    refused = library.corpus.scope.refusal(question)
    if refused is not None:
        return _declined(question, refused)
    hits = library.search(question, PASSAGES, prefer_playbook, prefer_phase)
    doubt = library.corpus.scope.doubt(question)
    sure = confidence(hits.signs, foreign=doubt.part if doubt else 0.0, dense=hits.dense)
    if sure == "aucune" and doubt is not None:
        return _declined(question, doubt.subject)
    if sure == "aucune":
        return _unfound(library, question, prefer_playbook)
    dated = _asks_deadline(library, question)
    chosen = _duty_first(library, hits.hits) if dated else hits.hits
    sources = tuple(_source(hit, hits) for hit in chosen)
    told = Answer(
        question,
        found=True,
        confidence=sure,
        text=_quoted(sources, sure),
        sources=sources,
        note="" if hits.dense else "Recherche par mots seulement\u00a0: l'index est absent.",
    )
    return replace(told, wordable=not dated and _may_be_worded(library, told))


def _declined(question: str, subject: Subject) -> Answer:
    """The question is about something else: who to turn to, in one sentence."""
    note = f"Hors du champ de Tocsin\u00a0: {subject.title}. {subject.reply}"
    told = Answer(question, found=False, confidence="aucune", text=NOTHING, note=note)
    return replace(told, declined=subject.reply)


def _may_be_worded(library: Library, told: Answer) -> bool:
    """Whether a model may see it: it asks for no deadline, and all that it holds may leave."""
    first = told.sources[0]
    timely = bool(_TIMELY & set(library.written_out(told.question)))
    of_duty = first.states_duty or (timely and any(one.duty for one in told.sources))
    return not of_duty and not told.reserved and may_be_sent(told.question)


def _unfound(library: Library, question: str, prefer_playbook: str | None) -> Answer:
    """Nothing answers: what is nearest, and who holds the matter."""
    nearest = _nearest(library, question, prefer_playbook)
    near = "\u00a0; ".join(nearest.subjects)
    note = f"Sujets les plus proches\u00a0: {near}. " if near else ""
    note += "Reformulez avec les mots du playbook"
    note += f", ou demandez au rôle «\u00a0{nearest.title}\u00a0»." if nearest.title else "."
    return Answer(
        question, found=False, confidence="aucune", text=NOTHING, note=note, nearest=nearest
    )


def _nearest(library: Library, question: str, prefer_playbook: str | None) -> Nearest:
    """The subjects that have words of the question, and the first role that holds one of them."""
    hits = library.search(question, _NEAREST, prefer_playbook).hits
    near = [hit.passage for hit in hits if hit.by_words is not None]
    shown = list({one.heading: one for one in near}.values())[:PASSAGES]
    roles = library.corpus.roles
    role = next((one.role for one in shown if one.role in roles), None) or next(iter(roles), "")
    return Nearest(
        subjects=tuple(one.heading for one in shown),
        steps=tuple(one.step for one in shown if one.step),
        role=role,
        title=roles.get(role, ""),
    )


def _asks_deadline(library: Library, question: str) -> bool:
    """Whether the question is about a time limit."""
    said = library.written_out(question)
    text = f" {' '.join(said)} "
    phrased = any(f" {one} " in text for one in _DEADLINE_PHRASES)
    return phrased or bool(_DEADLINE & set(said)) or _WHEN.search(text) is not None


def _duty_first(library: Library, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The duty that the passages are about, stated first; a past incident states no deadline."""
    named = [hit for hit in hits if hit.passage.duty is not None]
    if not named or hits[0].passage.kind == "incident":
        return tuple(hits)
    stated = library.duty(named[0].passage.duty or "")
    if stated is None:
        return tuple(hits)
    others = [hit for hit in hits if hit.passage.id != stated.id]
    return (replace(named[0], passage=stated, score=hits[0].score), *others)[:PASSAGES]


def _source(hit: Hit, hits: Hits) -> SourceRef:
    passage = hit.passage
    who = bool(_WHO & set(words(hits.question)))
    return SourceRef(
        title=passage.title,
        section=passage.section,
        path=passage.path,
        kind=passage.kind,
        text=passage.text,
        score=round(hit.score, 4),
        passage_id=passage.id,
        step=passage.step,
        lines=passage.lines,
        labels=passage.sources,
        excerpt=excerpt(passage.text, hits.terms, hits.related, who=who),
        duty=passage.duty,
        readers=passage.readers,
    )


def _quoted(sources: Sequence[SourceRef], confidence: Confidence) -> str:
    """The passages, trimmed: the first alone when it is clear, all of them when it is not."""
    if confidence == "nette":
        others = "\n".join(f"- {one.heading}" for one in sources[1:])
        return (
            f"{_block(sources[0])}\n\nVoir aussi\u00a0:\n{others}" if others else _block(sources[0])
        )
    return "À vérifier, par ordre de pertinence\u00a0:\n\n" + "\n\n".join(map(_block, sources))


def _block(source: SourceRef) -> str:
    """One passage with its heading and its place; a terminal shows no bold."""
    first, last = source.lines
    place = (
        f"{source.path}, ligne {first}"
        if first == last
        else (f"{source.path}, lignes {first} à {last}")
    )
    closed = f"\nConfidentiel\u00a0: {_readers(source)}." if source.readers is not None else ""
    return f"**{source.heading}**\n{source.excerpt.replace('**', '')}\n({place}){closed}"


def _readers(source: SourceRef) -> str:
    """Who may read a reserved passage, for whoever may."""
    return f"réservé à {', '.join(source.readers)}" if source.readers else "réservé à personne"


def worded(
    told: Answer,
    model: "BaseChatModel",
    seconds: float,
    heard: Callable[[Wording], None] = lambda _: None,
) -> Answer:
    """The same answer with what a model made of it, in ``seconds`` at most.

    ``heard`` gets the wording each time that it grows.  An answer that no model may see, or of
    which too little could be checked, stays the passages.
    """
    if not told.wordable:
        return told
    # A duty is told in its own words only.
    sent = {n: one for n, one in enumerate(told.sources, start=1) if not one.states_duty}
    wording = compose(model, told.question, sent, seconds, heard)
    note = " ".join(filter(None, (told.note, wording.note)))
    if not wording.enough:
        return replace(told, wording=wording, note=note)
    text = "\n".join(one.marked for one in wording.sentences)
    cited = sorted({n for one in wording.sentences for n in one.cited})
    places = "\n".join(
        f"[{n}] {told.sources[n - 1].heading} ({told.sources[n - 1].path})" for n in cited
    )
    return replace(told, wording=wording, text=f"{text}\n\n{places}", note=note)

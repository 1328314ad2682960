"""A question → an answer that quotes, with a stated confidence, or « rien trouvé ».

- ``nette``: words and vectors agree on the first passage, or the passage states that very way of
  asking; ``a-verifier``: something fits, or the vectors are away; ``aucune``: nothing does.
- Without a model the passages themselves are the answer, whole, each with its place.
- A question about a deadline is answered from the table of duties, never by a model.
- A model, when there is one, only words what the passages say (see ``compose``); when it fails or
  nothing of what it wrote can be checked, the passages are the answer.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from bot.errors import OutsideService
from bot.library.compose import compose
from bot.library.corpus import Kind, Passage
from bot.library.search import Hit, Hits, Library

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Confidence = Literal["nette", "a-verifier", "aucune"]

NOTHING = "Rien trouvé dans les playbooks ni les retours d'expérience."
PASSAGES = 3
MODEL_SECONDS = 25.0

#: A question of which less is familiar, and which names nothing of the glossary, is held to be
#: about something else, whatever its repaired words find.
FAMILIAR = 0.5
#: The same when words and vectors agree on the first passage.
FAMILIAR_AGREED = 0.4
#: Below these, a question that is only half in the field is held to be about something else.
LEAST_SHARE = 0.2
LEAST_ALIKE = 0.3
#: Above this, the passage states that way of asking almost word for word.
VERBATIM = 0.8
#: Agreement on a passage that has less than this of the question stays to be checked.
CLEAR_SHARE = 0.35

_DEADLINE = frozenset("delai delais echeance echeances limite heures 72h 24h 48h".split())
_DEADLINE_PHRASES = ("combien de temps", "combien d heures", "combien de jours", "jusqu a quand")


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

    def as_json(self) -> dict[str, Any]:
        """The answer as ``tocsin ask --json`` prints it."""
        return {
            "question": self.question,
            "found": self.found,
            "confidence": self.confidence,
            "answer": self.text,
            "note": self.note,
            "sources": [asdict(source) for source in self.sources],
        }


def answer(
    library: Library,
    question: str,
    model: "BaseChatModel | None" = None,
    prefer_playbook: str | None = None,
) -> Answer:
    """Answer from the library, or say that nothing was found."""
    refused = library.corpus.scope.refusal(question)
    if refused is not None:
        note = f"Hors du champ de Tocsin\u00a0: {refused.title}. {refused.reply}"
        return Answer(question, found=False, confidence="aucune", text=NOTHING, note=note)
    hits = library.search(question, PASSAGES, prefer_playbook)
    confidence = _confidence(hits)
    if confidence == "aucune":
        note = "Reformulez avec les mots du playbook, ou demandez au pilote de la cellule."
        return Answer(question, found=False, confidence="aucune", text=NOTHING, note=note)
    dated = _asks_deadline(library, question)
    chosen = _duty_first(library, hits.hits) if dated else hits.hits
    sources = tuple(_source(hit) for hit in chosen)
    told = Answer(
        question,
        found=True,
        confidence=confidence,
        text=_quoted(sources, confidence),
        sources=sources,
        note="" if hits.dense else "Recherche par mots seulement\u00a0: l'index est absent.",
    )
    if model is None or dated:
        return told
    return _worded(told, model, [hit.passage for hit in chosen])


def _confidence(hits: Hits) -> Confidence:
    """How sure the search is; the figures come from the questions of ``tests/library``."""
    if not hits.hits or not _in_the_field(hits):
        return "aucune"
    if not hits.dense:
        return "a-verifier"
    clear = hits.agree and hits.share >= CLEAR_SHARE and hits.familiar >= FAMILIAR
    return "nette" if clear or hits.alike >= VERBATIM else "a-verifier"


def _in_the_field(hits: Hits) -> bool:
    """Whether the question speaks of what the library holds."""
    familiar = hits.familiar >= (FAMILIAR_AGREED if hits.agree else FAMILIAR)
    if familiar and hits.named:
        return True
    return (familiar or hits.named) and (hits.share >= LEAST_SHARE or hits.alike >= LEAST_ALIKE)


def _asks_deadline(library: Library, question: str) -> bool:
    """Whether the question is about a time limit."""
    said = library.written_out(question)
    text = f" {' '.join(said)} "
    return bool(_DEADLINE & set(said)) or any(f" {one} " in text for one in _DEADLINE_PHRASES)


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


def _source(hit: Hit) -> SourceRef:
    passage = hit.passage
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
    )


def _quoted(sources: Sequence[SourceRef], confidence: Confidence) -> str:
    """The passages whole: the first alone when it is clear, all of them when it is not."""
    if confidence == "nette":
        others = "\n".join(f"- {_heading(one)}" for one in sources[1:])
        return (
            f"{_block(sources[0])}\n\nVoir aussi\u00a0:\n{others}" if others else _block(sources[0])
        )
    return "À vérifier, par ordre de pertinence\u00a0:\n\n" + "\n\n".join(map(_block, sources))


def _heading(source: SourceRef) -> str:
    return f"{source.title} › {source.section}" if source.section else source.title


def _block(source: SourceRef) -> str:
    """One passage with its heading and its place."""
    first, last = source.lines
    place = (
        f"{source.path}, ligne {first}"
        if first == last
        else (f"{source.path}, lignes {first} à {last}")
    )
    return f"**{_heading(source)}**\n{source.text}\n({place})"


def _worded(told: Answer, model: "BaseChatModel", passages: Sequence[Passage]) -> Answer:
    """The same answer in the model's checked words, or as it was with a note."""
    try:
        made = compose(model, told.question, passages, MODEL_SECONDS)
    except OutsideService:
        return replace(told, note="Le modèle de rédaction ne répond pas\u00a0: voici les passages.")
    if not made.text:
        note = "La rédaction automatique n'était pas vérifiable\u00a0: voici les passages."
        return replace(told, note=note)
    note = "Phrases rédigées par un modèle, vérifiées une à une dans les passages cités."
    if made.dropped:
        note += f" Écartées faute d'appui\u00a0: {made.dropped}."
    places = "\n".join(
        f"[{n}] {_heading(told.sources[n - 1])} ({told.sources[n - 1].path})" for n in made.cited
    )
    return replace(told, text=f"{made.text}\n\n{places}", note=note)

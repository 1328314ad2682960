"""What changed from one version of a playbook to the next, in words.

Rules:
- things are told apart by their id, which never changes: another id is another step;
- order is told with the fewest moves: only what left its place among those that stayed;
- a long text is told line by line, and a line by the words that differ;
- the ways of asking are compared only when both versions have some: a running crisis keeps its
  plan without them (``Plan.bare``).

Nothing here decides whether a change is good, or what becomes of a running crisis.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, TypeAlias

from bot.core.fieldwise import Field, differing, lasting
from bot.core.french import joined, typography
from bot.core.playbook import Outcome, Phase, Plan, Playbook, Question, Step
from bot.core.rewording import quoted

Subject: TypeAlias = Literal["playbook", "question", "phase", "step", "duty", "instant", "basis"]
Change: TypeAlias = Literal["added", "removed", "moved", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was."""

    subject: Subject
    id: str
    """Id of what changed; of the playbook itself for what belongs to the whole."""
    change: Change
    text: str
    """The change as one French sentence."""
    field: str = ""
    """Name of the field that changed, as in the files; empty for what came, went or moved."""


_WHOLE = {
    "title": Field("titre", "word"),
    "version": Field("version", "word", feminine=True),
    "summary": Field("résumé", "prose"),
    "hints": Field("indice de déclaration", "list"),
}
_QUESTION = {
    "ask": Field("question", "word", feminine=True),
    "choices": Field("réponse au choix", "list", feminine=True),
    "help": Field("aide", "prose", feminine=True),
}
_PHASE = {
    "title": Field("titre", "word"),
    "aim": Field("but", "prose"),
}
_STEP = {
    "title": Field("titre", "word"),
    "ref": Field("repère", "word"),
    "role": Field("rôle", "word"),
    "text": Field("texte", "prose"),
    "never": Field("interdit", "prose"),
    "if_impossible": Field("recours si c'est impossible", "prose"),
    "after": Field("étape à attendre", "list", feminine=True),
    "evidence": Field("preuve à garder", "list", feminine=True),
    "outcomes": Field("issue", "list", feminine=True),
    "bound": Field("statut d'établissement", "list"),
    "duty": Field("obligation", "word", feminine=True),
    "document": Field("document", "word"),
    "instants": Field("instant à dater", "list"),
    "sources": Field("source", "list", feminine=True),
}
_ASKS = {"asks": Field("façon de demander", "list", feminine=True)}

_SETTLES = {
    "sent": "vaut envoi",
    "not_due": "vaut décision de ne pas envoyer",
    "replaced": "remplace l'obligation",
}


def compare(old: Playbook, new: Playbook, plan: Plan | None = None) -> tuple[Difference, ...]:
    """What changed from ``old`` to ``new``: the whole, its questions, its phases, its steps.

    With a ``plan``, roles, duties and instants are told by their titles instead of their ids.
    """
    words = _Words(old, new, plan)
    found = [*_of_whole(old, new, words)]
    found += _of_lists("question", old.questions, new.questions, _QUESTION, words)
    found += _of_lists("phase", old.phases, new.phases, _PHASE, words)
    found += _of_steps(old, new, words)
    return tuple(found)


class _Words:
    """The names under which people know things."""

    def __init__(self, old: Playbook, new: Playbook, plan: Plan | None) -> None:
        self.steps = {step.id: _step_name(step) for step in (*old.steps, *new.steps)}
        self.questions = {one.id: one.ask for one in (*old.questions, *new.questions)}
        self._titles: dict[str, Mapping[str, str]] = {"after": self.steps}
        if plan is not None:
            self._titles |= {
                "role": {one.id: one.title for one in plan.cell.roles},
                "duty": {one.id: one.title for one in plan.obligations.duties},
                "instants": {one.id: one.title for one in plan.obligations.instants},
            }

    def told(self, field: str, value: Any) -> str:
        """One value of a field, as people read it."""
        if isinstance(value, Outcome):
            settles = f" ({_SETTLES[value.settles]})" if value.settles else ""
            return f"«\u00a0{value.label}\u00a0»{settles}"
        if field == "after":
            return self.steps.get(value, f"«\u00a0{value}\u00a0»")
        return quoted(self._titles.get(field, {}).get(value, str(value)))


def _step_name(step: Step) -> str:
    """``R05 « Isoler les sauvegardes »``."""
    return f"{step.ref} {quoted(step.title)}".strip()


def _of_whole(old: Playbook, new: Playbook, words: _Words) -> Iterator[Difference]:
    for field, sentence in differing(old, new, _WHOLE, words.told):
        yield difference("playbook", new.id, "changed", f"Playbook, {sentence}.", field)


def _of_lists(
    subject: Literal["question", "phase"],
    old: Sequence[Question] | Sequence[Phase],
    new: Sequence[Question] | Sequence[Phase],
    table: Mapping[str, Field],
    words: _Words,
) -> Iterator[Difference]:
    """What came, went, moved or changed among questions or phases."""
    noun = {"question": "Question", "phase": "Phase"}[subject]
    before, after = {one.id: one for one in old}, {one.id: one for one in new}
    moved = _moved([one.id for one in old], [one.id for one in new])
    for place, (name, one) in enumerate(after.items()):
        who = f"{noun} {quoted(_title(one))}"
        if name not in before:
            yield difference(subject, name, "added", f"{noun} ajoutée : {quoted(_title(one))}.")
            continue
        if name in moved:
            where = _after(place, [quoted(_title(each)) for each in new])
            yield difference(subject, name, "moved", f"{who} : déplacée {where}.")
        for field, sentence in differing(before[name], one, table, words.told):
            yield difference(subject, name, "changed", f"{who}, {sentence}.", field)
    for name, one in before.items():
        if name not in after:
            text = f"{noun} retirée : {quoted(_title(one))}."
            yield difference(subject, name, "removed", text)


def _title(one: Question | Phase) -> str:
    return one.ask if isinstance(one, Question) else one.title


def _of_steps(old: Playbook, new: Playbook, words: _Words) -> Iterator[Difference]:
    """What came, went, moved or changed among the steps."""
    before, homes = _placed(old)
    after, _ = _placed(new)
    asked = all(any(step.asks for step in one.steps) for one in (old, new))
    table = _STEP | _ASKS if asked else _STEP
    for phase in new.phases:
        stayed = [one.id for one in phase.steps if homes.get(one.id, phase).id == phase.id]
        kept = [name for name, home in homes.items() if home.id == phase.id]
        moved = _moved(kept, stayed)
        for place, step in enumerate(phase.steps):
            if step.id not in before:
                yield difference("step", step.id, "added", _added(step, phase, words))
                continue
            where = _after(place, [_step_name(one) for one in phase.steps])
            if homes[step.id].id != phase.id:
                home, text = homes[step.id], f"passe de la phase {{}} à la phase {{}}, {where}"
                said = text.format(quoted(home.title), quoted(phase.title))
                yield difference("step", step.id, "moved", f"L'étape {_step_name(step)} {said}.")
            elif step.id in moved:
                said = f"L'étape {_step_name(step)} est déplacée {where}."
                yield difference("step", step.id, "moved", said)
            yield from _of_step(before[step.id], step, table, words)
    for name, step in before.items():
        if name not in after:
            yield difference("step", name, "removed", f"Étape retirée : {_step_name(step)}.")


def _placed(playbook: Playbook) -> tuple[dict[str, Step], dict[str, Phase]]:
    """Each step, and the phase it stands in, by id, in the order of the file."""
    pairs = [(step, phase) for phase in playbook.phases for step in phase.steps]
    return {step.id: step for step, _ in pairs}, {step.id: phase for step, phase in pairs}


def _added(step: Step, phase: Phase, words: _Words) -> str:
    """A new step: where, who and by when."""
    within = f", objectif {lasting(step.within)}" if step.within is not None else ""
    told = f"phase {quoted(phase.title)}, rôle {words.told('role', step.role)}{within}"
    return f"Étape ajoutée : {_step_name(step)} ({told})."


def _of_step(
    old: Step, new: Step, table: Mapping[str, Field], words: _Words
) -> Iterator[Difference]:
    """What changed in one step: its target, its conditions, its two persons, then its texts."""
    name = _step_name(new)
    for field, said in (
        ("within", _target(old.within, new.within)),
        ("two_persons", _persons(old, new)),
    ):
        if said:
            yield difference("step", new.id, "changed", f"L'étape {name} {said}.", field)
    for said in _conditions(old.when, new.when, words):
        yield difference("step", new.id, "changed", f"Étape {name}, {said}.", "when")
    for field, said in differing(old, new, table, words.told):
        yield difference("step", new.id, "changed", f"Étape {name}, {said}.", field)


def _target(old: timedelta | None, new: timedelta | None) -> str:
    if old == new:
        return ""
    if old is not None and new is not None:
        return f"passe de {lasting(old)} à {lasting(new)}"
    if new is not None:
        return f"a maintenant un objectif : {lasting(new)}"
    return f"n'a plus d'objectif ({lasting(old)})" if old is not None else ""


def _persons(old: Step, new: Step) -> str:
    if old.two_persons == new.two_persons:
        return ""
    return (
        "demande maintenant deux personnes" if new.two_persons else "ne demande plus deux personnes"
    )


def _conditions(
    old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]], words: _Words
) -> Iterator[str]:
    """How the answers for which a step applies changed, question by question."""
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, ()), new.get(name, ())
        if set(before) == set(after):
            continue
        asked = quoted(words.questions.get(name, name))
        answers, were = (joined([quoted(one) for one in some], "ou") for some in (after, before))
        if not before:
            yield f"condition ajoutée : seulement si {asked} a pour réponse {answers}"
        elif not after:
            yield f"condition retirée : elle ne dépend plus de {asked}"
        else:
            yield f"condition {asked} : {were} devient {answers}"


def _after(place: int, names: Sequence[str]) -> str:
    """Where something stands now, by what is just before it."""
    return f"juste après {names[place - 1]}" if place else "en tête"


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Ids that left their place, as few as possible, among those that both lists have."""
    places = {name: place for place, name in enumerate(old)}
    common = [name for name in new if name in places]
    ends: list[int] = []
    lengths: list[int] = []
    for name in common:
        at = bisect_left(ends, places[name])
        ends[at : at + 1] = [places[name]]
        lengths.append(at + 1)
    stayed, wanted = set(), len(ends)
    for name, length in zip(reversed(common), reversed(lengths), strict=True):
        if length == wanted:
            stayed.add(name)
            wanted -= 1
    return set(common) - stayed


def difference(
    subject: Subject, name: str, change: Change, text: str, field: str = ""
) -> Difference:
    """A difference whose sentence has the typography of French."""
    return Difference(subject, name, change, typography(text), field)

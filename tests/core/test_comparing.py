"""Two versions of a playbook, told in words."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.comparing import Difference, compare
from bot.core.playbook import Outcome, Phase, Playbook, Question, Step
from tests.core.plans import MIN, PLAN, H, real_plan

#: On a machine that does ten things at once, only the answer counts.
UNHURRIED = settings(
    deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), max_examples=60
)
ISOLATE = Step(
    "isoler",
    "Isoler les sauvegardes",
    "rssi",
    "- Débranchez la baie.\n- Attendez trente minutes avant de rebrancher le lien du site.\n",
    "R05",
    within=30 * MIN,
    evidence=("photo de la baie",),
)
CALL = Step("appeler", "Appeler l'agence", "dsi", "Appelez.", "R06", asks=("qui j'appelle",))
NOTE = Step("noter", "Noter les heures", "rssi", "Notez.", "R07", asks=("je note quoi",))
FIRST = Phase("contenir", "Contenir", (ISOLATE, CALL, NOTE), "Arrêter le mal.")
SECOND = Phase("soigner", "Soigner", (Step("trier", "Trier", "samu", "Triez.", "R08"),))
ENCRYPTING = Question("chiffre", "Des fichiers sont-ils encore chiffrés ?")
OLD = Playbook("p", "Essai", "1", "Un essai.", (FIRST, SECOND), (ENCRYPTING,), ("virus",))


def with_step(**changes: Any) -> Playbook:
    """The playbook whose first step is otherwise."""
    first = replace(FIRST, steps=(replace(ISOLATE, **changes), CALL, NOTE))
    return replace(OLD, phases=(first, SECOND))


def with_steps(*steps: Step) -> Playbook:
    """The playbook whose first phase has these steps."""
    return replace(OLD, phases=(replace(FIRST, steps=steps), SECOND))


def texts(new: Playbook, old: Playbook = OLD) -> list[str]:
    """The sentences, with plain spaces."""
    return [one.text.replace("\u00a0", " ") for one in compare(old, new)]


R05 = "R05 « Isoler les sauvegardes »"


@pytest.mark.parametrize(
    ("new", "told"),
    [
        pytest.param(
            with_step(within=15 * MIN), [f"L'étape {R05} passe de 30 min à 15 min."], id="target"
        ),
        pytest.param(
            with_step(within=100 * H),
            [f"L'étape {R05} passe de 30 min à 4 j 4 h."],
            id="nothing rounded",
        ),
        pytest.param(
            with_step(within=None), [f"L'étape {R05} n'a plus d'objectif (30 min)."], id="no target"
        ),
        pytest.param(
            with_step(two_persons=True),
            [f"L'étape {R05} demande maintenant deux personnes."],
            id="two persons",
        ),
        pytest.param(
            with_step(role="dsi"), [f"Étape {R05}, rôle : « rssi » devient « dsi »."], id="role"
        ),
        pytest.param(
            with_step(text=ISOLATE.text.replace("trente", "quinze")),
            [
                f"Étape {R05}, texte modifié : « Attendez trente minutes avant de rebrancher … » "
                "devient « Attendez quinze minutes avant de rebrancher … »."
            ],
            id="words of a line",
        ),
        pytest.param(
            with_step(text=ISOLATE.text + "- Photographiez.\n"),
            [f"Étape {R05}, texte modifié : ajouté « Photographiez. »."],
            id="line added",
        ),
        pytest.param(
            with_step(text=ISOLATE.text.rstrip()),
            [f"Étape {R05}, texte modifié : mise en forme seulement."],
            id="layout alone",
        ),
        pytest.param(
            with_step(never="Ne redémarrez rien."),
            [f"Étape {R05}, interdit ajouté : « Ne redémarrez rien. »."],
            id="text where there was none",
        ),
        pytest.param(
            with_step(evidence=("photo de la baie", "heure", "témoin")),
            [f"Étape {R05}, preuves à garder ajoutées : « heure » et « témoin »."],
            id="list",
        ),
        pytest.param(
            with_step(outcomes=(Outcome("Fait"), Outcome("Envoyé", "sent"))),
            [f"Étape {R05}, issues ajoutées : « Fait » et « Envoyé » (vaut envoi)."],
            id="outcomes",
        ),
        pytest.param(
            with_step(when={"chiffre": ("oui", "inconnu")}),
            [
                f"Étape {R05}, condition ajoutée : seulement si « Des fichiers sont-ils encore "
                "chiffrés ? » a pour réponse « oui » ou « inconnu »."
            ],
            id="condition",
        ),
        pytest.param(
            with_step(after=("noter",)),
            [f"Étape {R05}, étape à attendre ajoutée : R07 « Noter les heures »."],
            id="after",
        ),
        pytest.param(
            with_steps(ISOLATE, CALL, replace(NOTE, id="neuve", ref="", within=H), NOTE),
            [
                "Étape ajoutée : « Noter les heures » "
                "(phase « Contenir », rôle « rssi », objectif 1 h)."
            ],
            id="step added",
        ),
        pytest.param(
            with_steps(ISOLATE, NOTE), ["Étape retirée : R06 « Appeler l'agence »."], id="retired"
        ),
        pytest.param(
            with_steps(CALL, NOTE, ISOLATE),
            [f"L'étape {R05} est déplacée juste après R07 « Noter les heures »."],
            id="one move tells a new order",
        ),
        pytest.param(
            replace(
                OLD,
                phases=(
                    replace(FIRST, steps=(CALL, NOTE)),
                    replace(SECOND, steps=(ISOLATE, *SECOND.steps)),
                ),
            ),
            [f"L'étape {R05} passe de la phase « Contenir » à la phase « Soigner », en tête."],
            id="another phase",
        ),
        pytest.param(
            replace(OLD, questions=()),
            ["Question retirée : « Des fichiers sont-ils encore chiffrés ? »."],
            id="question",
        ),
        pytest.param(
            replace(OLD, phases=(SECOND, FIRST)),
            ["Phase « Soigner » : déplacée en tête."],
            id="order of phases",
        ),
        pytest.param(
            replace(OLD, version="2"), ["Playbook, version : « 1 » devient « 2 »."], id="version"
        ),
    ],
)
def test_each_change_is_told_in_one_sentence(new: Playbook, told: list[str]) -> None:
    """What changed is said once, under the names that people know."""
    assert texts(new) == told


def test_a_difference_says_what_it_is_about() -> None:
    """Subject, id, kind of change and field stand beside the sentence."""
    (one,) = compare(OLD, with_step(within=15 * MIN))

    assert (one.subject, one.id, one.change, one.field) == ("step", "isoler", "changed", "within")


def test_a_plan_gives_the_titles_of_roles() -> None:
    """With the plan at hand, a role is told by its title and not by its id."""
    plan = real_plan()
    old = plan.playbook
    step = replace(old.steps[0], role="dsi")
    first = replace(old.phases[0], steps=(step, *old.phases[0].steps[1:]))

    (one,) = compare(old, replace(old, phases=(first, *old.phases[1:])), plan)

    titles = {role.id: role.title for role in plan.cell.roles}
    assert titles["dsi"] in one.text
    assert titles[old.steps[0].role] in one.text


def test_the_plan_that_a_crisis_keeps_is_the_same_but_for_its_ways_of_asking() -> None:
    """A crisis keeps its plan without them: that is no difference; between files it is one."""
    plan = real_plan()
    less = with_steps(ISOLATE, replace(CALL, asks=()), NOTE)

    assert compare(plan.bare().playbook, plan.playbook) == ()
    assert texts(less) == [
        "Étape R06 « Appeler l'agence », façon de demander retirée : « qui j'appelle »."
    ]


CHANGED: dict[type[Any], Callable[[Any], Playbook]] = {
    Playbook: lambda one: one,
    Phase: lambda one: replace(OLD, phases=(one, SECOND)),
    Question: lambda one: replace(OLD, questions=(one,)),
    Step: lambda one: replace(OLD, phases=(replace(FIRST, steps=(one, CALL, NOTE)), SECOND)),
}
FIRSTS: dict[type[Any], Any] = {
    Playbook: OLD,
    Phase: FIRST,
    Question: ENCRYPTING,
    Step: replace(ISOLATE, asks=("qui isole",)),
}
EVERY_FIELD = [
    pytest.param(kind, field.name, id=f"{kind.__name__}.{field.name}")
    for kind in CHANGED
    for field in fields(kind)
    if field.name not in {"id", "phases", "questions", "steps"}
]


def _other(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if value is None or isinstance(value, timedelta):
        return (value or timedelta()) + H
    if isinstance(value, str):
        return value + " et autre chose"
    return {"chiffre": ("non",)} if isinstance(value, dict) else ("autre",)


@pytest.mark.parametrize(("kind", "field"), EVERY_FIELD)
def test_no_field_changes_in_silence(kind: type[Any], field: str) -> None:
    """Whatever a playbook can say, another value of it is a difference of that field."""
    one = FIRSTS[kind]
    other = (
        (Outcome("Autre"),)
        if field == "outcomes"
        else "autre"
        if field in {"duty", "document"}
        else _other(getattr(one, field))
    )

    found = compare(CHANGED[kind](one), CHANGED[kind](replace(one, **{field: other})))

    assert {(each.id, each.field) for each in found} == {(one.id, field)}


STEPS = st.permutations(list(PLAN.playbook.steps)).flatmap(
    lambda steps: st.integers(1, len(steps)).map(lambda n: steps[:n])
)


@UNHURRIED
@given(STEPS, STEPS)
def test_steps_that_come_and_go_are_those_told(before: list[Step], after: list[Step]) -> None:
    """For any two orders: exactly the new steps came, exactly the missing ones went."""
    old, new = (
        replace(PLAN.playbook, phases=(replace(PLAN.playbook.phases[0], steps=tuple(some)),))
        for some in (before, after)
    )

    found = compare(old, new)

    assert _ids(found, "added") == {one.id for one in after} - {one.id for one in before}
    assert _ids(found, "removed") == {one.id for one in before} - {one.id for one in after}
    stayed = _ids(found, "moved") | _ids(found, "added")
    rest = [one.id for one in after if one.id not in stayed]
    gone = _ids(found, "moved") | _ids(found, "removed")
    assert rest == [one.id for one in before if one.id not in gone]


def _ids(found: tuple[Difference, ...], change: str) -> set[str]:
    return {one.id for one in found if one.change == change}

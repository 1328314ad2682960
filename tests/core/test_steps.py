"""The rulebook of steps and of the questions that decide which ones apply."""

from collections.abc import Callable

import pytest

from bot.core.crisis import Command, Fact, StepState
from bot.core.duties import DutySettled, SettleDuty
from bot.core.steps import (
    AnswerQuestion,
    AssignStep,
    BlockStep,
    CompleteStep,
    QuestionAnswered,
    ReopenStep,
    SkipStep,
    StepAssigned,
    StepBlocked,
    StepCompleted,
    StepReopened,
    StepSkipped,
    StepTaken,
    TakeStep,
    find,
)
from tests.core.plans import BRUNO, CLAIRE, START, Room, closed, opened, says

#: What a person may ask of a step, as a function of its name.
EVERY: dict[str, Callable[[str], Command]] = {
    "take": TakeStep,
    "assign": lambda step: AssignStep(step, BRUNO),
    "complete": CompleteStep,
    "skip": lambda step: SkipStep(step, "raison"),
    "block": lambda step: BlockStep(step, "raison"),
    "reopen": ReopenStep,
}
FINISHING: dict[str, Command] = {
    "done": CompleteStep("constater"),
    "skipped": SkipStep("constater", "sans objet"),
}


def after(*commands: Command) -> Room:
    """A room in which Claire has just done this."""
    room = opened()
    room.does(*commands)
    return room


@pytest.mark.parametrize(
    ("room", "command", "facts"),
    [
        pytest.param(after(), TakeStep("constater"), (StepTaken("constater"),), id="take"),
        pytest.param(after(), TakeStep(" p1 "), (StepTaken("constater"),), id="take-by-number"),
        pytest.param(after(), TakeStep("ISOLER"), (StepTaken("isoler"),), id="take-early"),
        pytest.param(
            after(AssignStep("constater", BRUNO), BlockStep("constater", "badge")),
            TakeStep("constater"),
            (StepTaken("constater"),),
            id="take-a-blocked-one",
        ),
        pytest.param(
            after(), AssignStep("P1", BRUNO), (StepAssigned("constater", BRUNO),), id="assign"
        ),
        pytest.param(
            after(TakeStep("constater")),
            AssignStep("constater", BRUNO),
            (StepAssigned("constater", BRUNO),),
            id="assign-over-a-holder",
        ),
        pytest.param(
            after(), CompleteStep("constater"), (StepCompleted("constater"),), id="complete"
        ),
        pytest.param(
            after(),
            CompleteStep("constater", " photo 3 "),
            (StepCompleted("constater", "", "photo 3"),),
            id="complete-with-proof",
        ),
        pytest.param(
            after(BlockStep("constater", "badge")),
            CompleteStep("constater"),
            (StepCompleted("constater"),),
            id="complete-a-blocked-one",
        ),
        pytest.param(
            after(CompleteStep("constater")),
            CompleteStep("isoler"),
            (StepCompleted("isoler"),),
            id="complete-after-done",
        ),
        pytest.param(
            after(SkipStep("constater", "déjà su")),
            CompleteStep("isoler"),
            (StepCompleted("isoler"),),
            id="complete-after-skipped",
        ),
        pytest.param(
            after(),
            CompleteStep("trancher", outcome="non ACTIVÉ"),
            (StepCompleted("trancher", "Non activé"),),
            id="outcome-whatever-its-case",
        ),
        pytest.param(
            after(),
            CompleteStep("prevenir", "accusé 12", "Signalée"),
            (
                StepCompleted("prevenir", "Signalée", "accusé 12"),
                DutySettled("agence", "sent", "accusé 12"),
            ),
            id="outcome-settles-duty",
        ),
        pytest.param(
            after(),
            CompleteStep("prevenir", "critères absents", "Pas à signaler"),
            (
                StepCompleted("prevenir", "Pas à signaler", "critères absents"),
                DutySettled("agence", "not_due", "critères absents"),
            ),
            id="outcome-not-due",
        ),
        pytest.param(
            after(SettleDuty("agence", "sent", "appel de 03:20")),
            CompleteStep("prevenir", "accusé 12", "Signalée"),
            (StepCompleted("prevenir", "Signalée", "accusé 12"),),
            id="duty-already-settled",
        ),
        pytest.param(
            after(),
            CompleteStep("inscrire", "ligne 7"),
            (
                StepCompleted("inscrire", "Inscrite", "ligne 7"),
                DutySettled("registre", "sent", "ligne 7"),
            ),
            id="only-outcome-need-not-be-named",
        ),
        pytest.param(
            after(),
            SkipStep("constater", " sans objet "),
            (StepSkipped("constater", "sans objet"),),
            id="skip",
        ),
        pytest.param(
            after(),
            BlockStep("constater", "pas de badge"),
            (StepBlocked("constater", "pas de badge"),),
            id="block",
        ),
        pytest.param(
            after(CompleteStep("constater")),
            ReopenStep("constater", " erreur "),
            (StepReopened("constater", "erreur"),),
            id="reopen-done",
        ),
        pytest.param(
            after(SkipStep("constater", "non")),
            ReopenStep("constater"),
            (StepReopened("constater"),),
            id="reopen-skipped",
        ),
        pytest.param(
            after(BlockStep("constater", "badge")),
            ReopenStep("constater"),
            (StepReopened("constater"),),
            id="reopen-blocked",
        ),
        pytest.param(
            after(),
            AnswerQuestion("soins", "oui"),
            (QuestionAnswered("soins", "oui"),),
            id="answer",
        ),
        pytest.param(
            after(AnswerQuestion("soins", "oui")),
            AnswerQuestion("soins", "non"),
            (QuestionAnswered("soins", "non"),),
            id="change-an-answer",
        ),
    ],
)
def test_facts(room: Room, command: Command, facts: tuple[Fact, ...]) -> None:
    """Each allowed command gives exactly these facts."""
    assert room.does(command) == facts


@pytest.mark.parametrize(
    ("room", "command", "words"),
    [
        pytest.param(
            after(),
            TakeStep("constatr"),
            ("Étape inconnue", "Vouliez-vous", "constater"),
            id="typo",
        ),
        pytest.param(after(), TakeStep("zzz"), ("Étape inconnue", "/crise étapes"), id="unknown"),
        pytest.param(after(), TakeStep(""), ("Étape inconnue",), id="no-name"),
        pytest.param(
            after(TakeStep("constater")), TakeStep("constater"), ("déjà à vous",), id="own-twice"
        ),
        pytest.param(
            after(AssignStep("constater", BRUNO)),
            TakeStep("constater"),
            ("déjà prise par Bruno Fictif", "« Confier »"),
            id="held-by-another",
        ),
        pytest.param(
            after(AssignStep("constater", BRUNO)),
            AssignStep("constater", BRUNO),
            ("déjà confiée à Bruno Fictif",),
            id="assigned-twice",
        ),
        pytest.param(
            after(),
            CompleteStep("isoler"),
            ("À finir d'abord", "« Constater »", "non applicables"),
            id="too-early",
        ),
        pytest.param(
            after(BlockStep("constater", "badge")),
            CompleteStep("isoler"),
            ("À finir d'abord", "« Constater »"),
            id="after-a-blocked-one",
        ),
        pytest.param(
            after(),
            CompleteStep("trancher"),
            ("Précisez l'issue", "« Activé » ; « Non activé »"),
            id="outcome-missing",
        ),
        pytest.param(
            after(),
            CompleteStep("trancher", outcome="Peut-être"),
            ("Précisez l'issue",),
            id="outcome-unknown",
        ),
        pytest.param(
            after(),
            CompleteStep("inscrire", "x", "Autre"),
            ("Précisez l'issue", "« Inscrite »"),
            id="only-outcome-misnamed",
        ),
        pytest.param(
            after(),
            CompleteStep("prevenir", " ", "Signalée"),
            ("la preuve d'envoi", "accusé"),
            id="sent-without-proof",
        ),
        pytest.param(
            after(),
            CompleteStep("prevenir", "", "Pas à signaler"),
            ("la raison",),
            id="not-due-without-reason",
        ),
        pytest.param(
            after(),
            CompleteStep("constater", "x" * 3001),
            ("Texte trop long", "3001", "3000"),
            id="proof-too-long",
        ),
        pytest.param(after(), SkipStep("constater", " "), ("Il manque la raison",), id="skip-why"),
        pytest.param(
            after(), BlockStep("constater", ""), ("Il manque la raison du blocage",), id="block-why"
        ),
        pytest.param(
            after(), ReopenStep("constater"), ("encore à faire", "rien à rouvrir"), id="reopen-todo"
        ),
        pytest.param(
            after(TakeStep("constater")),
            ReopenStep("constater"),
            ("encore à faire",),
            id="reopen-taken",
        ),
        pytest.param(
            after(), AnswerQuestion("meteo", "oui"), ("Question inconnue",), id="question"
        ),
        pytest.param(
            after(),
            AnswerQuestion("soins", "bof"),
            ("Réponse inattendue", "oui, non, inconnu"),
            id="choice",
        ),
        pytest.param(
            after(AnswerQuestion("soins", "oui")),
            AnswerQuestion("soins", "oui"),
            ("La réponse est déjà « oui »",),
            id="same-answer",
        ),
        pytest.param(closed(), AnswerQuestion("soins", "oui"), ("close",), id="answer-once-closed"),
    ],
)
def test_refusals(room: Room, command: Command, words: tuple[str, ...]) -> None:
    """Each refusal says in French what is wrong or what to do first."""
    says(room.refuses(command), *words)


@pytest.mark.parametrize("name", [one for one in EVERY if one != "reopen"])
@pytest.mark.parametrize(
    ("ending", "word"), [("done", "terminée"), ("skipped", "déclarée non applicable")]
)
def test_a_finished_step_is_left_alone(name: str, ending: str, word: str) -> None:
    """Whatever is asked of a finished step, the refusal says who finished it and when."""
    room = after(FINISHING[ending])
    sentence = room.refuses(EVERY[name]("constater"), by=BRUNO)
    says(sentence, f"déjà {word} par Claire Exemple à 03\u00a0h\u00a010", "Rien n'a été changé")


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize(
    ("room", "words"),
    [
        pytest.param(Room(), "n'existe pas", id="nothing"),
        pytest.param(closed(), "close", id="closed"),
    ],
)
def test_no_step_moves_outside_an_open_crisis(name: str, room: Room, words: str) -> None:
    """No step can be acted on before the crisis exists or once it is closed."""
    says(room.refuses(EVERY[name]("constater")), words)


def test_two_persons_take_the_same_step() -> None:
    """The second one learns who has it; nothing changes; confiding it moves it openly."""
    room = opened()
    room.does(TakeStep("constater"), by=CLAIRE)
    says(room.refuses(TakeStep("constater"), by=BRUNO), "Claire Exemple", "« Confier »")
    assert room.crisis.step("constater").holder == CLAIRE
    room.does(AssignStep("constater", BRUNO), by=BRUNO)
    assert room.crisis.step("constater") == StepState("taken", BRUNO, BRUNO, START)


def test_two_persons_complete_the_same_step() -> None:
    """The second completion is refused with the name of the first, and records nothing."""
    room = opened()
    room.does(CompleteStep("constater", "photo"), by=BRUNO)
    before = room.crisis
    says(room.refuses(CompleteStep("constater"), by=CLAIRE), "Bruno Fictif")
    assert room.crisis == before


def test_a_step_without_number_is_found_by_its_name_only() -> None:
    """An empty word finds no step, not even one that bears no number."""
    assert find(opened().crisis, "bilan").id == "bilan"
    says(opened().refuses(TakeStep("  ")), "Étape inconnue")

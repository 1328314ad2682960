"""Two crises at once, one of them an exercise: nothing said or pressed in one reaches the other."""

from dataclasses import dataclass
from typing import Any

from bot.core.crisis import Crisis
from bot.core.hospital import StateTold
from bot.core.notes import NoteAdded
from bot.core.steps import QuestionAnswered, StepCompleted, StepTaken
from bot.core.transcript import MessageHeard
from tests.slack.conftest import Night, any_text, words


@dataclass(frozen=True, slots=True)
class Side(Night):
    """The same night, seen from one of its crises."""

    number: int

    @property
    def crisis(self) -> Crisis:
        """That crisis."""
        return self.house.service.crises()[self.number]

    def names(self) -> list[str]:
        """Kinds of what people did there."""
        return [fact.name for fact, stamp in self.acts() if stamp.actor.id.startswith("U0")]


async def _sides(night: Night) -> tuple[Side, Side]:
    """A real crisis and an exercise of another playbook, both open and shown."""
    await night.opened()
    await night.declare("bruno.t", title="Panne du réseau", book="panne-majeure", kind="exercice")
    await night.double.close_view("bruno.t")
    await night.double.wait(lambda _: len(night.house.service.crises()) > 1, 30)
    real, drill = Side(night.double, night.house, 0), Side(night.double, night.house, 1)
    await night.double.wait(lambda _: drill.channel != "", 30)
    await night.double.wait(lambda one: any_text(one.posts(drill.channel), "Avancement"), 30)
    await night.double.wait(lambda one: any_text(one.posts(drill.channel), "Je prends"), 30)
    await night.double.wait(lambda _: {"U01CLAIRE", "U07EVA"} <= drill.crisis.members, 30)
    return real, drill


async def test_two_crises_do_not_mix(night: Night) -> None:
    """Buttons, lines, messages, forms left open and the Home each keep to their own crisis."""
    real, drill = await _sides(night)
    assert real.channel != drill.channel

    await real.say("eva", "étape ajouter Louer des talkies")
    await drill.say("eva", "étape ajouter Compter les onduleurs")
    await drill.press("paul", "say:take:A01")
    assert drill.crisis.step("A01").status == "taken"
    assert real.crisis.step("A01").status == "todo"
    await real.say("eva", "fait A01 six")
    assert drill.crisis.step("A01").status == "taken"
    titles = [side.crisis.plan.playbook.steps[-1].title for side in (real, drill)]
    assert titles == ["Louer des talkies", "Compter les onduleurs"]

    await real.form("claire", "say:note")
    await drill.say("claire", "note Groupe électrogène essayé")
    await night.double.message("claire", drill.channel, "on continue l'essai")
    await night.double.submit("claire", {"text": "Appel du SAMU"})
    await _forms_stay_in_their_crisis(real, drill)
    await _each_journal_is_its_own(real, drill)
    await _the_home_shows_both(night)


async def _forms_stay_in_their_crisis(real: Side, drill: Side) -> None:
    """A form opened in one crisis records there, whatever its person does in the other since."""
    double = real.double
    await real.say("nadia", "état")
    listed = double.ephemerals("nadia")[-1]
    await drill.say("nadia", "état urgences normal")
    await double.click("nadia", real.channel, listed.ts, "open:etat:unit")
    await double.wait(lambda one: one.view("nadia") is not None, 30)
    await double.submit("nadia", {"of0": ["urgences"], "state": "stopped"})
    assert "à l'arrêt" in words(double.view("nadia"))
    assert real.crisis.hospital.states["unit", "urgences"].state == "stopped"
    assert drill.crisis.hospital.states["unit", "urgences"].state == "normal"
    await double.close_view("nadia")

    step = drill.crisis.plan.playbook.steps[0].id
    await drill.say("eva", f"prendre {step}")
    await drill.form("eva", f"open:done:{step}")
    await real.say("eva", "prendre R01")
    await double.submit("eva", {"text": "fait pendant l'exercice"})
    assert drill.crisis.step(step).evidence == "fait pendant l'exercice"


async def _each_journal_is_its_own(real: Side, drill: Side) -> None:
    """What people did stands in the journal of its crisis, and only an exercise says EXERCICE."""
    double = real.double
    await double.wait(lambda _: "message" in drill.names(), 30)
    assert "Appel du SAMU" in [one.text for one in _kind(real, NoteAdded)]
    assert [one.text for one in _kind(drill, NoteAdded)] == ["Groupe électrogène essayé"]
    assert [one.text for one in _kind(drill, MessageHeard)] == ["on continue l'essai"]
    assert _kind(real, MessageHeard) == []
    assert [one.of for one in _kind(real, StateTold)] == ["urgences"]
    assert [one.step for one in _kind(real, StepCompleted)] == ["A01"]
    assert "prendre-appel" in [one.step for one in _kind(real, StepTaken)]
    assert _kind(real, QuestionAnswered) == _kind(drill, QuestionAnswered) == []

    await double.wait(lambda one: any_text(one.posts(real.channel), "Urgences *à l'arrêt*"), 30)
    assert not any_text(double.posts(drill.channel), "Urgences *à l'arrêt*")
    assert not any_text(double.posts(real.channel), "onduleurs")
    assert not any_text(double.posts(real.channel), "EXERCICE")
    exercises = [one for one in double.posts(drill.channel) if any_text([one], "A01")]
    assert exercises
    assert all(any_text([one], "EXERCICE") for one in exercises)


def _kind(side: Side, kind: type) -> list[Any]:
    return [fact for fact, _ in side.acts() if isinstance(fact, kind)]


async def _the_home_shows_both(night: Night) -> None:
    """One person's Home tells the two crises apart, each with its own steps."""
    await night.double.open_home("eva")
    home = words(night.double.home("eva"))
    first, drill = home.index("Écrans de rançon"), home.index("EXERCICE — Panne du réseau")
    own = home[first:drill] if first < drill else home[first:]
    assert "R01" in own

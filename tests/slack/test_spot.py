"""On the spot: steps that the cell adds, splits or sends outside, and the state of the hospital."""

from typing import Any

from bot.core.adhoc import StepAdded, StepEntrusted, StepSplit
from bot.core.hospital import CounterSet, StateTold, UltimatumLifted, UltimatumRecorded
from bot.core.steps import StepCompleted, StepTaken
from tests.slack.conftest import Night, any_text, words


async def _see(night: Night, said: str) -> str:
    """Wait until the channel shows these words, and return the message that does."""
    await night.double.wait(lambda double: any_text(double.posts(night.channel), said), 30)
    return await night.shown(said)


async def _tell(night: Night, user: str, what: str) -> dict[str, Any]:
    """Press a button of the state last shown to a person, and return the form."""
    listed = night.double.ephemerals(user)[-1]
    await night.double.click(user, night.channel, listed.ts, what)
    await night.double.wait(lambda double: double.view(user) is not None, 30)
    view = night.double.view(user)
    assert view is not None
    return view


async def test_a_step_is_added_taken_split_and_done(night: Night) -> None:
    """From the board's button to its last part: each act is one entry, shown where people look."""
    await night.opened()
    await night.form("eva", "open:etape:ajouter")
    wrong = await night.double.submit("eva", {"title": "Louer des talkies", "due": "bientôt"})
    assert list(wrong.errors) == ["due"]
    await night.double.submit("eva", {"due": "30 min", "role": "exploitation"})
    added = next(fact for fact, _ in night.acts()[::-1] if isinstance(fact, StepAdded))
    assert (added.step, added.title, added.role) == ("A01", "Louer des talkies", "exploitation")
    await _see(night, "# Étapes ajoutées — 0/1")
    assert "avant" in await _see(night, "Étape ajoutée : « A01 Louer des talkies »")

    await night.press("paul", "say:take:A01")
    assert night.last()[0] == StepTaken("A01")
    await night.form("paul", "open:step:A01")
    await night.double.submit("paul", {"do": "split"})
    assert "une par ligne" in words(night.double.view("paul"))
    short = await night.double.submit("paul", {"text": "Une seule"})
    assert "de 2 à 8" in short.errors["text"].replace("\u00a0", " ")
    await night.double.submit("paul", {"text": "Appeler le loueur\n\nAller les chercher"})
    split = night.last()[0]
    assert isinstance(split, StepSplit)
    assert [one.id for one in split.parts] == ["A01.1", "A01.2"]
    await _see(night, "A01 Louer des talkies : attend A01.1, A01.2")

    await night.say("eva", "fait a1.1 rappelé")
    assert "À finir d'abord" in await night.say("eva", "fait A01")
    await night.say("eva", "fait a1.2 six talkies")
    assert [fact for fact, _ in night.acts()[-2:]] == [
        StepCompleted("A01.2", "", "six talkies"),
        StepCompleted("A01", "", "Toutes ses parties sont finies."),
    ]
    await _see(night, "# Étapes ajoutées — 3/3")

    assert "Ajouter une étape" in await night.say("eva", "étape")
    step = night.crisis.plan.playbook.steps[0]
    assert "existe déjà" in await night.say("hugo", "étape ajouter " + step.title)


async def test_somebody_outside_gets_a_text_to_forward(night: Night) -> None:
    """Who entrusts the step alone is given the text; the log holds it, the board names who."""
    await night.opened()
    shown = await night.say("eva", "confier prendre-appel dehors Société Exemple : le lien n° 2")
    assert "Texte à transmettre à Société Exemple" in shown
    assert "le lien n° 2" in shown
    assert "Quand c'est fait, dites-le à Éva Maquette" in shown
    fact = night.last()[0]
    assert isinstance(fact, StepEntrusted)
    assert (fact.step, fact.to) == ("prendre-appel", "Société Exemple")
    await _see(night, "en cours · Société Exemple")
    assert night.double.ephemerals("claire") == []

    await night.form("diane", "open:step:proteger-sauvegardes")
    await night.double.submit("diane", {"do": "outside"})
    sent = await night.double.submit("diane", {"who": "Astreinte <!channel> de l'éditeur"})
    assert sent.errors == {}
    told = words(night.double.view("diane"))
    assert "Texte à transmettre" in told
    assert "<!channel>" not in str(night.double.view("diane"))
    fact = night.last()[0]
    assert isinstance(fact, StepEntrusted)
    assert fact.step == "proteger-sauvegardes"


async def test_the_state_of_the_hospital_is_told_in_a_form(night: Night) -> None:
    """Shown whole to who asks, told by ticking; the board shows what is out of the usual."""
    await night.opened()
    await night.press("nadia", "say:etat")
    assert "Rien de compté." in await night.told("nadia", "1. Annuaire et comptes : à dire")

    view = await _tell(night, "nadia", "open:etat:unit")
    assert "Bloc opératoire et stérilisation" in words(view)
    nobody = await night.double.submit("nadia", {})
    assert list(nobody.errors) == ["other"]
    filled = {"of0": ["urgences", "bloc"], "other": "Cuisine", "who": "cadre de nuit"}
    await night.double.submit("nadia", filled)
    told = [fact for fact, _ in night.acts() if isinstance(fact, StateTold)]
    assert [(one.of, one.state, one.said_by) for one in told] == [
        ("urgences", "degraded", "cadre de nuit"),
        ("bloc", "degraded", "cadre de nuit"),
        ("libre-1", "degraded", "cadre de nuit"),
    ]
    after = words(night.double.view("nadia"))
    assert "✅ Unité « Urgences » : en mode dégradé" in after
    assert "Cuisine en mode dégradé" in after.replace("*", "")
    shown = await _see(night, "Unités : Urgences *en mode dégradé*")
    assert "*État de l'hôpital*" in shown


async def test_numbers_and_an_ultimatum_are_told_in_forms(night: Night) -> None:
    """A counter takes numbers only, an ultimatum an hour to come; both go on the board."""
    await night.opened()
    assert await night.say("nadia", "compteur") == ""
    await night.double.wait(lambda double: double.view("nadia") is not None, 30)
    wrong = await night.double.submit("nadia", {"of": "transferts", "number": "trois"})
    assert list(wrong.errors) == ["number"]
    await night.double.submit("nadia", {"number": "3"})
    assert night.last()[0] == CounterSet("transferts", "Transferts", 3, 3)
    await _see(night, "Transferts : 3")
    await night.double.close_view("nadia")

    await night.say("nadia", "état")
    await _tell(night, "nadia", "open:etat:ultimatum")
    wrong = await night.double.submit("nadia", {"due": "18 h", "text": "publication"})
    assert "dans 18 h" in wrong.errors["due"].replace("\u00a0", " ")
    await night.double.submit("nadia", {"due": "dans 48 h"})
    assert isinstance(night.last()[0], UltimatumRecorded)
    await _see(night, "Ultimatum : reste 1 j")
    await _see(night, "⏰ Ultimatum des attaquants")

    await night.double.close_view("nadia")
    await night.say("nadia", "ultimatum")
    await night.double.wait(lambda double: double.view("nadia") is not None, 30)
    assert "reste 1 j" in words(night.double.view("nadia"))
    await night.double.submit("nadia", {"how": "lifted", "text": "fausse revendication"})
    assert night.last()[0] == UltimatumLifted("fausse revendication")


async def test_states_are_typed_in_one_line(night: Night) -> None:
    """A line says the same as a form; what alarms everybody is told to everybody."""
    await night.opened()
    shown = await night.say("eva", "état dpi en restauration")
    assert "Application « Dossier patient informatisé » : en restauration" in shown
    await night.say("eva", "état site-valmont isolé")
    await _see(night, "Site « Hôpital principal de Valmont » : isolé")
    await night.say("eva", "état dpi rouverte")
    await _see(night, "Applications : 1/10 rouverte")
    await night.say("nadia", "compteur reports +4")
    await _see(night, "Opérations reportées : 4")
    assert "Rien n'a été changé" in await night.say("eva", "état dpi rouverte")

    assert "3. Dossier patient informatisé : *rouverte*" in await night.say("eva", "état")
    report = await night.say("claire", "point")
    assert "État de l'hôpital" in report
    assert "isolé" in report

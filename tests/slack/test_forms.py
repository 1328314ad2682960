"""Forms as people fill them: notes, decisions, instants, duties, the declaration itself."""

from datetime import timedelta

from bot.core.duties import DutySettled
from bot.core.instants import InstantRecorded
from bot.core.notes import DecisionTaken, NoteAdded
from bot.core.opening import CrisisOpened
from bot.core.people import RoleGiven
from tests.slack.conftest import Night, words


async def test_notes_decisions_and_instants(night: Night) -> None:
    """Each form records what it holds; a wrong or future hour is said under its own field."""
    await night.opened()
    submit = night.double.submit

    await night.form("sami", "say:note")
    assert list((await submit("sami", {"text": "x", "when": "bientôt"})).errors) == ["when"]
    assert list((await submit("sami", {"text": "x", "when": "31/02 10:00"})).errors) == ["when"]
    assert (await submit("sami", {"text": "  ", "when": "maintenant"})).errors == {
        "text": "Il manque le texte de la note."
    }
    await submit("sami", {"text": "Lecteur de badges en panne", "when": "hier 23:40"})
    fact, stamp = night.last()
    assert isinstance(fact, NoteAdded)
    assert (fact.text, fact.happened) == ("Lecteur de badges en panne", stamp.at)
    assert stamp.recorded - stamp.at > timedelta(minutes=1)
    assert "Sami Essai" in await night.shown("Note : Lecteur de badges en panne")

    await night.form("claire", "say:note")
    await submit("claire", {"kind": "decision", "text": "Plan blanc activé"})
    assert night.last()[0] == DecisionTaken("Plan blanc activé")
    await night.shown("📝 Décision : Plan blanc activé")

    await night.form("diane", "say:constat")
    future = f"{night.house.service.now().year + 1}-01-02 10:00"
    filled = {"instant": "t_dp", "when": future}
    assert "futur" in (await submit("diane", filled)).errors["when"]
    await submit("diane", {"when": "vers 2h", "who": "le RSSI", "text": "note de rançon"})
    fact, _ = night.last()
    assert isinstance(fact, InstantRecorded)
    assert (fact.instant, fact.precision, fact.known_by) == ("t_dp", "about", "le RSSI")
    await night.shown("(environ), su par le RSSI — note de rançon")


async def test_duties_and_seats(night: Night) -> None:
    """The list of deadlines gives an outcome to each duty; the list of seats gives them away."""
    channel = await night.opened()
    shown = await night.say("diane", "échéances")
    assert "Notifier la violation à la CNIL" in shown
    listed = night.double.ephemerals("diane")[-1]
    await night.double.click("diane", channel, listed.ts, "open:duty:cnil-initiale")
    await night.double.wait(lambda double: double.view("diane") is not None)
    assert "Décide et signe" in words(night.double.view("diane"))
    missing = await night.double.submit("diane", {"how": "not_due", "text": " "})
    assert list(missing.errors) == ["text"]
    await night.double.submit("diane", {"how": "sent", "text": "récépissé 2026-77"})
    assert night.last()[0] == DutySettled("cnil-initiale", "sent", "récépissé 2026-77")

    await night.say("bruno.t", "rôles")
    seats = night.double.ephemerals("bruno.t")[-1]
    await night.double.click("bruno.t", channel, seats.ts, "say:role", "rôle rssi")
    fact, stamp = night.last()
    assert isinstance(fact, RoleGiven)
    assert (fact.role, fact.to.id, stamp.actor.id) == ("rssi", "U02BRUNO", "U02BRUNO")
    await night.shown("Sécurité du système d'information : Bruno Modèle")


async def test_a_declaration_keeps_all_that_was_filled_in(night: Night) -> None:
    """Sites, services, level, playbook, hour and kind are in the opening entry and on the board."""
    said = "Écrans noirs. " + "Tout le détail que l'on m'a donné au téléphone. " * 8
    await night.double.command("paul", "general", "/crise", f"déclarer {said}")
    await night.double.wait(lambda double: double.view("paul") is not None)
    view = night.double.view("paul")
    assert view is not None
    values = view["state"]["values"]
    assert len(values["title"]["v"]["value"]) <= 150
    assert values["how"]["v"]["value"] == said.strip()
    wrong = await night.double.submit("paul", {"when": "demain"})
    assert list(wrong.errors) == ["when"]
    filled = {
        "title": "Écrans noirs",
        "when": "maintenant",
        "book": "rancongiciel",
        "level": "3",
        "site0": ["site-valmont"],
        "service0": ["urgences", "reanimation"],
        "kind": "exercice",
    }
    delivery = await night.double.submit("paul", filled)
    assert delivery.response_action == "update"
    assert "Exercice EX-" in words(night.double.view("paul"))
    fact = night.facts()[0][0]
    assert isinstance(fact, CrisisOpened)
    assert (fact.level, fact.exercise, fact.noticed_how) == ("3", True, said.strip())
    assert fact.sites == ("Hôpital principal de Valmont",)
    await night.double.wait(lambda _: night.channel != "")
    await night.shown("Touchés : Hôpital principal de Valmont, Urgences, Réanimation")


async def test_an_exercise_says_so_everywhere(learned: Night) -> None:
    """Every message, answer, form and file of an exercise begins by saying that it is one."""
    night = learned
    channel = await night.opened(kind="exercice")
    await night.say("claire", "décision Couper Internet")
    await night.say("claire", "confier R01 @eva")
    await night.say("claire", "exporter")
    await night.shown("Décision : Couper Internet")
    await night.shown("confiée à Éva")
    await night.double.mention("claire", channel, "faut-il éteindre les postes ?")
    await night.shown("faut-il éteindre")
    for post in night.double.posts(channel):
        if post.subtype in ("channel_join", "channel_topic", "group_topic"):
            continue
        assert "EXERCICE" in f"{post.text} {post.blocks}", post
    for line in ("échéances", "rôles", "point", "journal", "prendre R31", "question faut-il payer"):
        assert "EXERCICE" in await night.say("diane", line), line
    for opener in ("say:note", "say:constat", "open:step:prendre-appel"):
        assert "EXERCICE" in words(await night.form("hugo", opener)), opener
        await night.double.close_view("hugo")

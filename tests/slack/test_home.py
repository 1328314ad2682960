"""The Home of a person: no crisis, theirs, somebody else's; what is drawn again, and for whom."""

from datetime import date
from pathlib import Path

from bot.paper.files import last_kit, note_kit
from tests.double import Double, validate_view
from tests.slack.conftest import Night, awake, words


async def test_the_home_follows_the_person(night: Night) -> None:
    """Calm, then one's own steps and clocks; who is not in the crisis sees nothing of it."""
    await night.double.open_home("eva")
    assert "Aucune crise en cours" in words(night.double.home("eva"))
    await night.double.click_home("eva", "open:declare")
    await night.double.wait(lambda double: double.view("eva") is not None)
    await night.double.submit("eva", {"title": "Rançon <b>", "when": "maintenant"})
    await night.double.close_view("eva")
    await night.double.wait(lambda _: night.channel != "")

    await night.double.open_home("eva")
    home = night.double.home("eva")
    assert "Rançon &lt;b&gt;" in words(home)
    assert "• R06 Mettre les sauvegardes hors d'atteinte" in words(home)
    assert validate_view({key: home[key] for key in ("type", "blocks")} if home else None) == []
    await night.double.open_home("alice")
    assert "Aucune crise en cours" in words(night.double.home("alice"))

    await night.double.click_home("eva", "say:question")
    await night.double.wait(lambda double: double.view("eva") is not None)
    assert "Votre question" in words(night.double.view("eva"))
    await night.double.close_view("eva")
    await night.say("bruno.t", "prendre R06")
    await night.double.open_home("eva")
    assert "R06" not in words(night.double.home("eva")).split("*Délais*")[0]


async def test_the_global_shortcut_declares(night: Night) -> None:
    """From anywhere in Slack, the shortcut opens the same form as the command."""
    await night.double.shortcut("diane", callback_id="declarer")
    await night.double.wait(lambda double: double.view("diane") is not None)
    delivery = await night.double.submit("diane", {"title": "Panne ?", "when": "03:10"})
    assert delivery.response_action == "update"
    assert night.crisis.title == "Panne ?"


async def test_an_open_home_follows_the_journal(night: Night) -> None:
    """Whoever opened it sees their step come and go without opening it again; others are left."""
    await night.opened()
    await night.double.open_home("eva")
    assert "Mes obligations" not in words(night.double.home("eva"))
    await night.say("claire", "confier R01 <@U07EVA>")
    await night.double.wait(lambda double: "• R01" in words(double.home("eva")), 30)
    await night.double.open_home("diane")
    assert "*Mes obligations*" in words(night.double.home("diane"))
    published = len(night.double.called("views.publish"))
    await night.say("eva", "fait R01 vu")
    await night.double.wait(lambda double: "• R01" not in words(double.home("eva")), 30)
    people = {one.args["user_id"] for one in night.double.called("views.publish")[published:]}
    assert people <= {"U07EVA", "U03DIANE"}
    assert night.double.home("hugo") is None


async def test_when_nothing_burns(slack: Double, tmp_path: Path) -> None:
    """The last drill, the next check and the kit, for the people of the house; not for others."""
    note_kit(tmp_path / "data", date(2026, 11, 2))
    async with awake(slack, tmp_path) as night:
        await slack.open_home("eva")
        calm = words(slack.home("eva"))
        assert "Exercice : aucun encore" in calm
        assert "Obligations à revérifier avant le" in calm
        assert "Kit papier : fait le 02/11/2026" in calm
        assert "*Playbooks*" not in calm
        await slack.open_home("alice")
        assert "En temps calme" not in words(slack.home("alice"))
        await night.declare("eva", title="Essai du mardi", kind="exercice")
        await slack.wait(lambda _: night.house.service.crises())
        await slack.wait(lambda double: "Dernier exercice : Essai" in words(double.home("eva")), 30)
        assert "EXERCICE" in words(slack.home("eva"))
        await slack.close_view("eva")
        await night.opened("claire", title="Pour de vrai")
        await slack.wait(lambda double: "En temps calme" not in words(double.home("eva")), 30)


async def test_authors_and_auditors_see_their_part(slack: Double, tmp_path: Path) -> None:
    """Authors: each playbook with its version, and faults; auditors: the crises to export."""
    authors, auditors = "U02BRUNO", "U08PAUL"
    async with awake(slack, tmp_path, tocsin_authors=authors, tocsin_auditors=auditors) as night:
        await night.opened()
        await slack.open_home("bruno.t")
        home = words(slack.home("bruno.t"))
        assert "*Playbooks*" in home
        assert "• Rançongiciel, version" in home
        assert "Aucun défaut dans les fichiers" in home
        assert "*Audit*" not in home

        await slack.open_home("paul")
        view = slack.home("paul")
        assert "*Audit*" in words(view)
        assert validate_view({key: view[key] for key in ("type", "blocks")} if view else None) == []
        await slack.click_home("paul", f"say:verify:{night.crisis.id}")
        await slack.wait(lambda double: ": conforme" in double.text().replace("\u00a0", " "), 30)


def test_the_day_of_the_kit(tmp_path: Path) -> None:
    """It is remembered in the data folder; what cannot be read is nothing."""
    assert last_kit(tmp_path) is None
    note_kit(tmp_path / "data", date(2026, 11, 21))
    assert last_kit(tmp_path / "data") == date(2026, 11, 21)
    (tmp_path / "data" / "kit-papier.date").write_text("hier", encoding="utf-8")
    assert last_kit(tmp_path / "data") is None

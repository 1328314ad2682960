"""The Home of a person: no crisis, theirs, somebody else's."""

from tests.double import validate_view
from tests.slack.conftest import Night, words


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

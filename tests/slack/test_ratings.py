"""« Utile » and « Pas la bonne réponse »: in the journal of a crisis, nameless elsewhere."""

from typing import Any

import pytest

from bot.core.evidence import AnswerRated, QuestionAsked
from bot.errors import Refused
from bot.library.ratings import Ratings
from bot.slack import ratings
from bot.slack.values import Values, carried
from tests.double.world import Ephemeral, Message
from tests.slack.conftest import Night, words

THANKS = "Merci : c'est noté pour les responsables des playbooks."
ASKED = "on éteint les PC ?"


def offering(messages: list[Any], action: str) -> Message | Ephemeral:
    """The last message that offers this button."""
    found = [
        one
        for one in messages
        for block in one.blocks
        for element in block.get("elements", [])
        if element.get("action_id") == action
    ]
    return found[-1]  # type: ignore[no-any-return]


def private(night: Night, user: str) -> str:
    """All that the bot told somebody in their conversation with it: it is not in every channel."""
    person = night.double.world.user(user)
    conversation = night.double.world.conversation([person.id])
    return night.double.channel_text(conversation.id).replace("\u00a0", " ")


def rated(night: Night) -> list[AnswerRated]:
    """Every rating of the journal."""
    return [fact for fact, _ in night.facts() if isinstance(fact, AnswerRated)]


@pytest.mark.parametrize("question", ["cnil ?", '"' * 5000, "\\\\\n" * 900, "é\u200b👩‍⚕️" * 900])
def test_a_button_carries_what_it_rates_within_the_limits_of_slack(question: str) -> None:
    """Whatever was asked, the value and the form of the button read back as they were written."""
    passages = tuple(f"knowledge/reperes/{n}.md#{'x' * 200}" for n in range(5))
    useful, wrong = ratings.under_elsewhere(question, "nette", passages)["elements"]
    form = ratings.form(wrong["value"], None)
    about = carried(form["private_metadata"])["about"]

    assert len(useful["value"].encode("utf-16-le")) // 2 <= 2000
    assert len(form["private_metadata"].encode("utf-16-le")) // 2 <= 3000
    for one in (useful["value"], about):
        read = ratings.read(one, useful=True, reason=" vu ")
        assert question.replace("\u200b", "").startswith(read.question)
        assert len(read.question) == min(400, len(question.replace("\u200b", "")))
        assert (read.confidence, read.passages, read.reason) == ("nette", passages[:3], "vu")


@pytest.mark.parametrize("about", ["", "{}", "pas du JSON", "[1]"])
def test_a_button_of_another_age_is_refused_in_words(about: str) -> None:
    """What a button no longer carries is asked again, never kept empty."""
    with pytest.raises(Refused, match="Posez de nouveau"):
        ratings.read(about, useful=True, reason="")
    with pytest.raises(Refused, match="n'est plus connue"):
        ratings.command(Values({}), about)


async def test_an_answer_of_a_crisis_is_rated_in_its_journal(learned: Night) -> None:
    """Both buttons lead to a line tied to the question; the same word twice is one line."""
    night = learned
    channel = await night.opened()
    await night.double.mention("nadia", channel, ASKED)
    await night.shown("Pas la bonne réponse")
    ts = offering(night.double.posts(channel), "say:rate").ts
    asked = next(stamp.seq for fact, stamp in night.facts() if isinstance(fact, QuestionAsked))

    for _ in range(2):
        await night.double.click("hugo", channel, ts, "say:rate")
    assert f"Réponse à la question de la ligne {asked} : utile" in await night.told("hugo", "ligne")
    await night.double.click("eva", channel, ts, "open:rating")
    await night.double.wait(lambda double: double.view("eva") is not None)
    assert "Aucune identité de patient" in words(night.double.view("eva"))
    await night.double.submit("eva", {"text": "je cherchais les Mac"})

    assert THANKS in words(night.double.view("eva"))
    assert rated(night) == [
        AnswerRated(asked, True),
        AnswerRated(asked, False, "je cherchais les Mac"),
    ]
    fact = next(fact for fact, _ in night.facts() if isinstance(fact, QuestionAsked))
    assert fact.passages[0].startswith(("playbooks/", "knowledge/"))
    assert Ratings(night.house.store.engine).all() == []


async def test_the_answer_in_a_form_is_rated_from_the_form(learned: Night) -> None:
    """An answer that took the place of its form can be marked there; no reason is needed."""
    night = learned
    await night.opened()
    await night.form("eva", "say:question")
    await night.double.submit("eva", {"text": ASKED})
    await night.double.submit("eva", {"do": "👍 Utile"})
    assert "Enregistré, ligne" in words(night.double.view("eva"))
    await night.double.close_view("eva")
    await night.double.submit("eva", {"do": "👎 Pas la bonne réponse"})
    await night.double.wait(lambda double: "Qu'attendiez-vous" in words(double.view("eva")))
    await night.double.submit("eva")

    assert THANKS in words(night.double.view("eva"))
    useful, fact = rated(night)
    assert useful.useful
    assert (fact.useful, fact.text) == (False, "")


async def test_outside_a_crisis_a_rating_is_kept_without_who(learned: Night) -> None:
    """In private the question is kept once rated, once a person, without a name or a patient."""
    night = learned
    double, store = night.double, Ratings(night.house.store.engine)
    born = f"{ASKED} Mme Fictive née le 12/03/1951"
    await night.say("diane", f"question {born}", "general")
    shown = offering(double.ephemerals("diane"), "rate:useful")
    assert store.all() == []

    channel = double.channel("general").id
    await double.click("diane", channel, shown.ts, "rate:useful")
    await double.wait(lambda _: THANKS in private(night, "diane"))
    await double.click("diane", channel, shown.ts, "open:rating")
    await double.wait(lambda double: double.view("diane") is not None)
    await double.submit("diane", {"text": "  trop long  "})
    assert THANKS in words(double.view("diane"))

    (kept,) = store.all()
    assert (kept.useful, kept.reason) == (False, "trop long")
    assert kept.question.startswith(ASKED)
    assert "1951" not in kept.question
    files = list(night.house.settings.tocsin_data_dir.glob("tocsin.db*"))
    assert any(b"trop long" in one.read_bytes() for one in files)
    assert not any(b"U03DIANE" in one.read_bytes() for one in files)

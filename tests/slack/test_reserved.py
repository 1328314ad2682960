"""A confidential write-up among two people: one reads it in private, nobody in the channel."""

from pathlib import Path

from bot.core.evidence import QuestionAsked
from tests.double.world import Message
from tests.slack.conftest import Night, house_on_slack, read

QUESTION = "que s'est-il passé à Zéphyrine avec le robot Belphégor ?"
NOTE = """\
---
id: zephyrine
kind: repere
title: Audit Zéphyrine
verified: 2026-11-21
confidential: [U03DIANE, communication]
asks: [que s'est-il passé à zéphyrine]
sources:
  - {id: P1, title: Audit, publisher: Cabinet fictif, date: "2026", where: page 2}
---

## En bref

Le robot Belphégor de Zéphyrine gardait le mot de passe de l'éditeur [P1].
"""


def tells(text: str) -> bool:
    """Whether a text, its bold put aside, gives away what the write-up says."""
    return "mot de passe de l'éditeur" in text.replace("*", "")


def direct(night: Night, user: str) -> str:
    """All that the bot told somebody in their conversation with it."""
    person = night.double.world.user(user)
    told = night.double.channel_text(night.double.world.conversation([person.id]).id)
    return told.replace("\u00a0", " ")


async def answered(night: Night, user: str, question: str) -> str:
    """Ask in private, and return what was answered."""
    before = direct(night, user).count("Utile")
    await night.double.dm(user, question)
    await night.double.wait(lambda _: direct(night, user).count("Utile") > before)
    return direct(night, user)


async def test_a_confidential_write_up_is_for_those_it_names(tmp_path: Path) -> None:
    """By their id or their role in a real crisis, in private; the journal does not name it."""
    folder = tmp_path / "knowledge"
    (folder / "reperes").mkdir(parents=True)
    (folder / "reperes/zephyrine.md").write_text(NOTE, encoding="utf-8")
    async with house_on_slack(tmp_path, tocsin_knowledge_dir=folder) as night:
        await night.read()
        told = await answered(night, "diane", QUESTION)
        assert tells(told)
        assert "Confidentiel : réservé à quelques personnes, dont vous." in told.replace("*", "")
        assert not tells(await answered(night, "hugo", QUESTION))

        channel = await night.opened()
        assert tells(await night.say("diane", f"question {QUESTION}"))
        assert not tells(await night.say("hugo", f"question {QUESTION}"))

        # In the channel everybody reads: not even she finds it there.
        await night.double.mention("diane", channel, QUESTION)
        await night.double.wait(lambda _: any("Utile" in read(one) for one in posts(night)))
        assert not tells(night.double.channel_text(channel))

        await night.say("hugo", "rôle communication <@U04HUGO>")
        assert tells(await night.say("hugo", f"question {QUESTION}"))
        await night.form("hugo", "say:question")
        await night.double.submit("hugo", {"text": QUESTION})
        assert tells(str(night.double.view("hugo")))

        asked = [fact for fact, _ in night.facts() if isinstance(fact, QuestionAsked)]
        assert ("fiche confidentielle",) in {fact.sources[-1:] for fact in asked}
        assert "zephyrine" not in str([(fact.sources, fact.passages) for fact in asked])
        assert not tells(await night.say("bruno.t", "journal"))


async def test_a_role_taken_in_an_exercise_opens_nothing(tmp_path: Path) -> None:
    """Anybody may declare an exercise and seat themselves: it is not a right to read."""
    folder = tmp_path / "knowledge"
    (folder / "reperes").mkdir(parents=True)
    (folder / "reperes/zephyrine.md").write_text(NOTE, encoding="utf-8")
    async with house_on_slack(tmp_path, tocsin_knowledge_dir=folder) as night:
        await night.read()
        await night.opened(kind="exercice")
        assert night.crisis.exercise
        await night.say("hugo", "rôle communication <@U04HUGO>")
        assert night.crisis.roles["communication"]
        assert not tells(await night.say("hugo", f"question {QUESTION}"))
        assert tells(await night.say("diane", f"question {QUESTION}"))


def posts(night: Night) -> list[Message]:
    """The bot's posts in the channel of the crisis."""
    return night.double.posts(night.channel)

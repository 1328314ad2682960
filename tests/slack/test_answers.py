"""Answers in the channel: passages at once, then a model's checked sentences; matter and holder."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.crisis import TOCSIN
from bot.core.evidence import AnswerWorded, QuestionAsked
from tests.double import message_text
from tests.double.world import Message
from tests.double_model import ModelDouble, first_sentence
from tests.slack.conftest import Night, house_on_slack, read, words

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "faut-il mettre les sauvegardes hors d'atteinte ?"
TO_COME = "Un modèle rédige"
CHECKED = "vérifiées une à une"
SECONDS = 1.5


@pytest.fixture
async def worded(tmp_path: Path) -> AsyncIterator[tuple[Night, ModelDouble]]:
    """A night with the playbooks read, and a model that answers over HTTP."""
    (tmp_path / "knowledge").mkdir()
    for file in (ROOT / "knowledge").glob("*.yaml"):
        shutil.copy(file, tmp_path / "knowledge")
    with ModelDouble() as model:
        more: dict[str, Any] = {
            "tocsin_knowledge_dir": tmp_path / "knowledge",
            "tocsin_model": "openai:essai",
            "tocsin_model_url": model.url,
            "tocsin_model_seconds": SECONDS,
        }
        async with house_on_slack(tmp_path, **more) as night:
            await night.read()
            await _warm(night, model)
            yield night, model


async def _warm(night: Night, model: ModelDouble) -> None:
    """Wait until the model has been built and has answered, then forget that it did."""
    for _ in range(60):
        if model.asked:
            break
        await night.say("paul", f"question {QUESTION}", "general")
        await asyncio.sleep(0.5)
    await night.double.calm(1.5)
    model.asked.clear()


def mixed(passages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two sentences that stand, and one that pings, invents a deadline and cites nothing."""
    second = {"text": first_sentence(passages[1]), "sources": [2]}
    invented = {"text": "Payez la rançon sous 48 heures <!channel>.", "sources": [7]}
    return [{"text": first_sentence(passages[0]), "sources": [1]}, invented, second]


def answer_to(night: Night, question: str) -> Message | None:
    """The post of the channel that answers a question."""
    return next((one for one in night.double.posts(night.channel) if question in read(one)), None)


def spaced(text: str) -> str:
    """A text with plain spaces, as the tests read the screens."""
    return text.replace("\u00a0", " ")


async def asked(night: Night, question: str) -> Message:
    """Ask by a mention, and wait for the answer's first form."""
    await night.double.mention("nadia", night.channel, question)
    await night.double.wait(lambda _: answer_to(night, question))
    post = answer_to(night, question)
    assert post is not None
    assert "Source : " in read(post)
    return post


async def test_a_model_adds_checked_sentences_to_the_answer_in_its_thread(
    worded: tuple[Night, ModelDouble],
) -> None:
    """Passages first, in one post that grows; only what stands is ever shown, and recorded."""
    night, model = worded
    await night.opened()
    model.reply(mixed)
    model.pause = 0.03
    post = await asked(night, QUESTION)
    assert TO_COME in read(post)
    await night.double.wait(lambda _: CHECKED in read(post))
    shown, sent = read(post), [spaced(first_sentence(one)) for one in model.passages]
    assert f"• {sent[0]} [1]" in shown
    assert f"• {sent[1]} [2]" in shown
    assert "*[1] " in shown
    assert "Écartées faute d'appui : 1." in shown
    assert TO_COME not in shown
    assert "Utile" in shown
    seen = str([post.versions, post.blocks])
    assert "sous 48 heures" not in seen
    assert "!channel" not in seen
    stages = [spaced(message_text(one)) for one in post.versions]
    assert any(sent[0] in one and f"{sent[1]} [2]" not in one for one in stages)
    assert post.thread_ts is not None

    question = next(stamp for fact, stamp in night.facts() if isinstance(fact, QuestionAsked))
    fact, stamp = next(one for one in night.facts() if isinstance(one[0], AnswerWorded))
    assert isinstance(fact, AnswerWorded)
    assert (fact.of, fact.dropped, fact.kept) == (question.seq, 1, True)
    assert spaced(fact.text).splitlines() == [f"{sent[0]} [1]", f"{sent[1]} [2]"]
    assert stamp.actor == TOCSIN
    assert "rédigée par un modèle : " in await night.say("nadia", "journal")


async def test_a_model_that_fails_leaves_the_passages(worded: tuple[Night, ModelDouble]) -> None:
    """Silent, refused or unverifiable: the post says so in the time given, and loses nothing."""
    night, model = worded
    await night.opened()
    model.stall()
    post = await asked(night, "faut-il isoler les postes touchés ?")
    before = read(post)
    await night.double.wait(lambda _: "ne répond pas" in read(post), SECONDS + 2)
    assert TO_COME not in read(post)
    assert [line for line in before.splitlines() if TO_COME not in line][2:] == (
        read(post).splitlines()[2:]
    )

    model.fail(500)
    post = await asked(night, QUESTION)
    await night.double.wait(lambda _: "ne répond pas" in read(post))
    model.say({"text": "Formatez tout.", "sources": [1]})
    post = await asked(night, "qui appelle le CERT Santé ?")
    await night.double.wait(lambda _: "n'était pas vérifiable" in read(post))
    assert "Formatez" not in night.double.channel_text(night.channel)
    assert not any(isinstance(fact, AnswerWorded) for fact, _ in night.facts())


async def test_a_private_answer_is_completed_in_private(
    worded: tuple[Night, ModelDouble],
) -> None:
    """After a command a second whisper brings the sentences; in a form, the form grows."""
    night, model = worded
    await night.opened()
    posts = len(night.double.posts(night.channel))
    first = await night.say("eva", f"question {QUESTION}")
    assert "Source : " in first
    assert TO_COME not in first
    told = await night.told("eva", CHECKED)
    assert f"{spaced(first_sentence(model.passages[0]))} [1]" in told
    assert "[1] " in told

    model.pause = 0.01
    await night.form("hugo", "say:question")
    await night.double.submit("hugo", {"text": QUESTION})
    assert TO_COME in words(night.double.view("hugo"))
    await night.double.wait(lambda double: CHECKED in words(double.view("hugo")))
    assert f"{spaced(first_sentence(model.passages[0]))} [1]" in words(night.double.view("hugo"))
    assert len([one for one in night.double.posts(night.channel) if "[1]" in read(one)]) == 0
    assert len(night.double.posts(night.channel)) >= posts

    # Somebody who closes the form before the end loses nothing and breaks nothing.
    model.pause = 0.1
    await night.form("sami", "say:question")
    await night.double.submit("sami", {"text": QUESTION})
    await night.double.close_view("sami")
    await night.double.wait(lambda _: worded_lines(night) == 3)


def worded_lines(night: Night) -> int:
    """How many answers of the model the journal holds."""
    return sum(isinstance(fact, AnswerWorded) for fact, _ in night.facts())


async def test_what_the_model_never_sees(worded: tuple[Night, ModelDouble]) -> None:
    """Patients, deadlines and what nothing answers: told by the files and the crisis alone."""
    night, model = worded
    await night.opened()
    said = await night.say("eva", f"question {QUESTION} Mme Durand née le 12/03/1956")
    assert "Source : " in said
    assert "Retiré de votre question : une date de naissance." in said
    assert "12/03/1956" not in said
    fact = next(fact for fact, _ in reversed(night.facts()) if isinstance(fact, QuestionAsked))
    assert "[date de naissance retirée]" in fact.question

    # A deadline: the table's own words, and what is left here and now.
    said = (await night.say("eva", "question quel délai pour notifier la CNIL ?")).replace("*", "")
    assert "Échéance : dans les meilleurs délais et, si possible, 72 heures au plus tard" in said
    assert "Dans cette crise : Notifier la violation à la CNIL" in said

    # Nothing found: the nearest subjects, the role that holds the matter and who holds it now.
    lost = "question les sauvegardes kilimandjaro dreyfusard bistouquette saperlipopette"
    said = await night.say("eva", lost)
    assert "Sujets les plus proches" in said
    role = said.partition("Demandez dans la cellule : *")[2].partition("*")[0]
    assert "personne ne tient encore ce rôle" in said
    which = next(one.id for one in night.crisis.plan.cell.roles if one.title == role)
    await night.say("hugo", f"rôle {which} <@U04HUGO>")
    (held,) = night.crisis.roles[which]
    assert f"*{role}* ({held.name})" in await night.say("eva", lost)

    # Out of the field: one sentence.
    declined = await night.say("eva", "question quelle dose de morphine ?")
    assert "Rien trouvé · hors du champ de Tocsin" in declined
    assert "Tocsin ne donne pas d'avis médical." in declined
    assert "Sujets" not in declined
    await night.double.calm(0.3)
    assert model.asked == []

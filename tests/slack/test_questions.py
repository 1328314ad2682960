"""Questions to the library: by mention, in private, by command, by form; with their sources."""

from bot.core.evidence import QuestionAsked
from tests.slack.conftest import Night, words


async def test_questions_are_answered_with_their_sources(learned: Night) -> None:
    """A mention is answered in its thread, a private message in private, each with its source."""
    night = learned
    channel = await night.opened()
    asked = await night.double.mention("nadia", channel, "on éteint les PC R&D ?")
    answer = await night.shown("*on éteint les PC R&amp;D ?*")
    assert "Source : " in answer
    assert "playbooks/rancongiciel.yaml" in answer
    assert "**" not in answer
    post = next(one for one in night.double.posts(channel) if "éteint les PC" in str(one.blocks))
    assert post.thread_ts == asked.event["ts"]
    await night.double.wait(lambda _: isinstance(night.last()[0], QuestionAsked))
    fact, stamp = night.last()
    assert isinstance(fact, QuestionAsked)
    assert (fact.question, stamp.actor.name) == (
        "on éteint les PC R&D ?",
        "Nadia Démo",
    )

    posts = len(night.double.posts(channel))
    again = await night.double.redeliver(asked)
    assert again.acked
    await night.double.calm(0.3)
    assert len(night.double.posts(channel)) == posts

    await night.double.dm("hugo", "qui prévient la CNIL ?")
    await night.double.wait(lambda _: "Source" in private(night, "hugo"))
    for greeting in ("aide", "Bonjour !"):
        await night.double.dm("hugo", greeting)
    await night.double.wait(lambda _: private(night, "hugo").count("Ce que je comprends") == 2)
    await night.double.mention("hugo", channel, "")
    await night.shown("Ce que je comprends")
    nothing = await night.say("hugo", "question météo sur la plage demain matin")
    assert "Rien trouvé" in nothing


def private(night: Night, user: str) -> str:
    """All that the bot told somebody in their conversation with it."""
    person = night.double.world.user(user)
    return night.double.channel_text(night.double.world.conversation([person.id]).id)


async def test_a_question_form_leads_to_the_step(learned: Night) -> None:
    """The answer takes the place of the form; from it the step opens, and can be acted upon."""
    night = learned
    await night.opened()
    await night.form("eva", "say:question")
    await night.double.submit("eva", {"text": "faut-il mettre les sauvegardes hors d'atteinte ?"})
    view = night.double.view("eva")
    assert "Source" in words(view)
    assert "Choisissez" not in words(view)
    step = night.crisis.plan.step("proteger-sauvegardes")
    assert step is not None
    await night.double.submit("eva", {"do": f"Ouvrir l'étape {step.ref}"})
    await night.double.wait(lambda double: "Que faire ?" in words(double.view("eva")))
    await night.double.submit("eva")
    assert night.crisis.step("proteger-sauvegardes").status == "taken"
    assert "Source" in words(night.double.view("eva"))


async def test_a_line_that_reads_as_a_question_is_answered(learned: Night) -> None:
    """Somebody who forgets the word is answered all the same, anywhere, crisis or none."""
    answer = await learned.say("diane", "faut-il payer la rançon ?", "general")
    assert "Source" in answer
    assert learned.house.service.crises() == []

"""Similar past incidents follow what the cell learns: one message, updated in place."""

from tests.double.world import Message
from tests.slack.conftest import Night, read

HEADER = "D'autres hôpitaux y sont passés"


def shown(night: Night) -> Message:
    """The one message on similar incidents."""
    (found,) = [one for one in night.double.posts(night.channel) if HEADER in read(one)]
    return found


async def test_the_message_follows_what_is_learnt_without_another_post(learned: Night) -> None:
    """What was hit brings other incidents up, each with why and a lesson; the rest does not."""
    night = learned
    await night.opened()
    first = shown(night)
    before = read(first)
    assert before.count("Pourquoi : ") == 3
    assert "radiothérapie" not in before
    posts = len(night.double.posts(night.channel))

    await night.say("nadia", "note La radiothérapie et la stérilisation sont à l'arrêt.")
    await night.double.wait(lambda _: "radiothérapie" in read(shown(night)))
    after = shown(night)
    assert after.ts == first.ts
    told = read(after)
    assert "Aussi touché" in told or "aussi touché : radiothérapie, stérilisation" in told
    assert told.count("Pourquoi : ") == told.count("knowledge/incidents/") == 3
    versions = len(after.versions)

    await night.say("nadia", "note Le directeur est arrivé en salle de crise.")
    await night.say("nadia", "réponse autres-sites non")
    await night.double.calm(0.5)
    assert len(shown(night).versions) == versions
    notices = len(night.double.posts(night.channel)) - posts
    assert sum(HEADER in read(one) for one in night.double.posts(night.channel)) == 1
    assert notices <= 3

"""Declaring: the form, the journal, the channel, in the order in which a cell needs them."""

from bot.core.instants import InstantRecorded
from bot.core.opening import ChannelOpened, CrisisOpened
from tests.service.numbers import FIRST
from tests.slack.conftest import PEOPLE, Night, read, words

ORDER = ("🚨 Rançongiciel", "Premiers gestes", "Détecter et alerter", "Contenir", "Soigner")


async def test_a_declaration_opens_a_channel_with_all_that_is_needed(learned: Night) -> None:
    """One press: the journal, a private channel, the cell, the board pinned, who acts first."""
    night = learned
    delivery = await night.declare()
    assert delivery.acked
    assert delivery.response_action == "update"
    assert f"Crise {FIRST} ouverte" in words(night.double.view("claire"))
    kinds = [type(fact) for fact, _ in night.facts()[:2]]
    assert kinds == [CrisisOpened, InstantRecorded]

    await night.double.wait(lambda _: night.channel != "")
    channel = night.double.channel(night.channel)
    assert channel.name.startswith(f"crise-{FIRST[:5]}")
    assert channel.private
    await night.double.wait(lambda _: set(PEOPLE) <= set(channel.members))
    await night.shown("Questions à trancher")
    await night.double.calm(0.3)

    posts = [one for one in night.double.posts(night.channel) if one.blocks]
    shown = [read(one) for one in posts]
    assert shown[0].startswith("# 🚨 Rançongiciel — Écrans de rançon aux urgences")
    places = [next(at for at, one in enumerate(shown) if words in one) for words in ORDER]
    assert places == sorted(places)
    assert channel.pins == [posts[0].ts]
    assert f"Crise {FIRST} en cours" in channel.topic
    similar = next(one for one in shown if "D'autres hôpitaux y sont passés" in one)
    assert similar.count("knowledge/incidents/") == 3
    first = next(one for one in shown if "Premiers gestes" in one)
    assert "<@U07EVA> : R01 Prendre l'appel" in first
    assert any(isinstance(fact, ChannelOpened) for fact, _ in night.facts())

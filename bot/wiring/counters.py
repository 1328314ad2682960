"""The subjects with words, buttons and forms of their own, joined to what they need."""

from typing import TYPE_CHECKING

from bot.wiring import House

if TYPE_CHECKING:
    from bot.slack.answers import Answers
    from bot.slack.authoring import Playbooks
    from bot.slack.counters import Counters
    from bot.slack.directory import Directory
    from bot.slack.gateway import Gateway
    from bot.slack.retex import Retex


def counters(
    house: House, gateway: "Gateway", directory: "Directory", answers: "Answers"
) -> "Counters":
    """The subjects with words, buttons and forms of their own."""
    from bot.exports.drafted import Cabinet
    from bot.slack.briefings import Briefings
    from bot.slack.counters import Counters
    from bot.slack.documents import Drafting
    from bot.slack.drill import Drilling
    from bot.slack.drill_desks import Courier
    from bot.slack.handover import Handovers
    from bot.slack.posted import Posted
    from bot.slack.spot import Spot

    cabinet, posted = Cabinet(house.settings.tocsin_data_dir), Posted(house.store.engine)
    return Counters(
        [
            Drafting(house.service, gateway, house.documents, cabinet, posted),
            _playbooks(house, gateway, directory),
            _retex(house, gateway, directory),
            Spot(house.service.now),
            Briefings(house.service, house.settings.wider_channel, answers),
            Handovers(house.service, directory),
            Drilling(house.service, house.scenarios, house.shelf, Courier(house.service, gateway)),
        ]
    )


def _playbooks(house: House, gateway: "Gateway", directory: "Directory") -> "Playbooks":
    from bot.authoring.bench import Bench
    from bot.slack.authoring import Playbooks

    settings = house.settings
    bench = Bench(
        settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir, settings.tocsin_data_dir
    )
    return Playbooks(house.service, gateway, directory, house.shelf, bench, settings.authors)


def _retex(house: House, gateway: "Gateway", directory: "Directory") -> "Retex":
    from bot.authoring.joining import Incidents
    from bot.library.wording import load_wording
    from bot.slack.retex import Retex

    settings = house.settings
    playbooks, knowledge = settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir
    return Retex(
        house.service,
        gateway,
        directory,
        lambda: Incidents(playbooks, knowledge, house.plans),
        lambda: load_wording(knowledge)[0].incident_sections,
        settings.authors,
    )

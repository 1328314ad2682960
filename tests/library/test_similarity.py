"""Similar past incidents: why each is shown, and what changes their order."""

import pytest

from bot.library.corpus import IncidentCard
from bot.library.similarity import similar_incidents


def card(
    name: str, *hit: str, playbook: str = "rancongiciel", happened: str = "2024"
) -> IncidentCard:
    """A past incident made for these tests."""
    return IncidentCard(
        id=name.casefold(),
        title=f"Hôpital de {name}",
        attack="rançongiciel",
        hit=hit,
        lesson="Une leçon.",
        happened=happened,
        playbooks=(playbook,),
        path=f"knowledge/incidents/{name.casefold()}.md",
    )


CARDS = (
    card("Valmont", "messagerie", "dossier patient", happened="2021"),
    card("Brumeval", "radiothérapie", "données de santé", happened="2022"),
    card("Sylvabelle", "résultats de laboratoire", "données du personnel", happened="2023"),
    card("Orvane", "surveillance centralisée des patients", playbook="panne", happened="2024"),
    card("Lointaine", "données bancaires", playbook="fuite", happened="2025"),
)


@pytest.mark.parametrize(
    ("words", "first", "why"),
    [
        ("", "sylvabelle", "Même type de crise."),
        (
            "la messagerie est coupée",
            "valmont",
            "Même type de crise\u00a0; aussi touché\u00a0: messagerie.",
        ),
        (
            "plus de radiothérapie",
            "brumeval",
            "Même type de crise\u00a0; aussi touché\u00a0: radiothérapie.",
        ),
        (
            "le laboratoire ne rend plus de résultats",
            "sylvabelle",
            "Même type de crise\u00a0; aussi touché\u00a0: résultats de laboratoire.",
        ),
        (
            "comme à Valmont",
            "valmont",
            "Même type de crise\u00a0; nommé dans la description.",
        ),
    ],
)
def test_what_is_known_decides_which_comes_first(words: str, first: str, why: str) -> None:
    """The kind of crisis, then what was hit, then a name; the latest first among equals."""
    found = similar_incidents(CARDS, "rancongiciel", words)

    assert len(found) == 3
    assert (found[0][0].id, found[0][1]) == (first, why)


def test_a_word_that_names_many_things_is_not_enough() -> None:
    """« données » alone says nothing of what was hit; the whole name does."""
    assert similar_incidents(CARDS, "autre", "des données ont fuité") == []
    found = similar_incidents(CARDS, "autre", "les données de santé")
    assert [one.id for one, _ in found] == ["brumeval"]


def test_nothing_in_common_is_nothing_shown() -> None:
    """Another kind of crisis, nothing hit alike: better none than a far one."""
    assert similar_incidents(CARDS, "autre", "un ascenseur bloqué") == []
    assert similar_incidents((), "rancongiciel", "tout") == []

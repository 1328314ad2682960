"""Passages trimmed to what answers: whole sentences, in order, what never to do always there."""

import pytest

from bot.library.excerpt import GAP, WHOLE, excerpt
from bot.library.french import stem

STEP = "\n".join(
    [
        "- Débranchez le câble réseau et coupez le Wi-Fi des machines touchées.",
        "- Coupez ensuite au commutateur ou au pare-feu : le segment, puis le site.",
        "- Laissez allumé ce qui est allumé : la mémoire contient des preuves. Notez l'heure.",
        "- Équipement biomédical : n'y touchez qu'avec l'unité de soins et l'ingénieur.",
        "- Consignez chaque machine ou segment, la commande, l'heure, qui a décidé [guide].",
        "À ne jamais faire : Ne redémarrez pas une machine touchée.",
        "Qui : Direction informatique",
        "Objectif : 30 min après l'ouverture (objectif interne)",
    ]
)
DUTY = "Échéance : 72 heures au plus tard\nDestinataire : CNIL\nBase légale : RGPD, art. 33"


def terms(*words: str) -> dict[str, float]:
    """The stems of a question, all as telling."""
    return {stem(word): 1.0 for word in words}


def test_the_sentences_that_answer_are_kept_whole_with_what_never_to_do() -> None:
    """What is left out is marked, the words asked for are in bold, source marks are gone."""
    assert excerpt(STEP, terms("memoire", "preuves")) == "\n".join(
        [
            GAP,
            "- Laissez allumé ce qui est allumé : la **mémoire** contient des **preuves**.",
            GAP,
            "À ne jamais faire : Ne redémarrez pas une machine touchée.",
            GAP,
        ]
    )


def test_who_is_told_to_those_who_ask_who() -> None:
    """The lines that name people are kept for a question about them."""
    assert "Qui : Direction informatique" in excerpt(STEP, terms("cable"), who=True)
    assert "Qui : Direction informatique" not in excerpt(STEP, terms("cable"))


def test_a_sentence_that_leans_on_the_one_before_brings_it() -> None:
    """« Coupez ensuite » alone would be an order without its beginning."""
    text = STEP.replace("- Coupez ensuite au", "- Ensuite coupez au")
    shown = excerpt(text, terms("commutateur", "segment"))

    assert "Débranchez le câble réseau" in shown
    assert "coupez au **commutateur**" in shown


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param(DUTY, terms("echeance"), id="a table says one thing in parts"),
        pytest.param("Débranchez. Notez l'heure.", terms("heure"), id="short enough"),
        pytest.param(STEP, terms("girafe", "savane"), id="no sentence answers by itself"),
        pytest.param(STEP, {}, id="nothing to look for"),
    ],
)
def test_some_passages_are_given_whole(text: str, asked: dict[str, float]) -> None:
    """Nothing is gained, or something would be lost, by cutting."""
    shown = excerpt(text, asked)

    assert shown.replace("**", "") == text.replace(" [guide]", "")


def test_a_long_passage_is_cut_between_sentences_and_says_so() -> None:
    """As far as 900 characters go, with what never to do, and a mark for the rest."""
    long = STEP.replace("- Consignez", "- Bla bla bla bla. " * 40 + "\n- Consignez")
    shown = excerpt(long, terms("girafe"))

    assert len(shown) <= WHOLE + len(GAP) * 3
    assert "À ne jamais faire" in shown
    assert shown.endswith(GAP)


def test_words_are_put_in_bold_once_and_nowhere_else() -> None:
    """Elisions go with their word; addresses, sites and what is bold already stay as they are."""
    text = "L'imagerie de l'**imagerie**, imagerie-sud et imagerie.exemple.fr, `imagerie`."

    assert excerpt(text, terms("imagerie")) == (
        "**L'imagerie** de l'**imagerie**, **imagerie-sud** et imagerie.exemple.fr, `imagerie`."
    )


def test_words_that_mean_the_same_choose_and_are_shown_too() -> None:
    """What the glossary adds to a question finds its sentence when the question's words do not."""
    shown = excerpt(STEP, terms("girafe"), terms("preuves"))

    assert "contient des **preuves**." in shown
    assert "Consignez" not in shown

"""What a passage says and what it does not: figures, names, negations, conditions, opposites."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.library.claims import supported
from bot.library.figures import Figure, figures, stand


@dataclass(frozen=True)
class Passage:
    """A passage made for these tests."""

    text: str
    heading: str = "Guide › Isoler les postes"


ALERT = Passage(
    "Appelez le CERT Santé au 09 72 43 91 25 sous deux heures.\n"
    "N'éteignez pas les postes. La direction signe la déclaration du 3 mars 2024.\n"
    "- Notifiez la CNIL sous 72 heures.\n"
    "- Prévenez l'ARS sous 24 heures.\n"
    "Le groupe revendique 300 000 dossiers et 61 Go de données.\n"
    "Le RSSI prévient le directeur par téléphone satellite.\n"
)
STEP = Passage(
    "- Débranchez le câble réseau.\n"
    "- Laissez le poste allumé. Notez l'heure de la coupure.\n"
    "- Si le chiffrement est en cours, éteignez le poste.\n"
    "- Un poste éteint perd sa mémoire ; prélevez-la avant la coupure électrique.\n"
    "- Restaurez les serveurs après la vérification des sauvegardes.\n"
    "- Gardez les journaux, sauf ceux du proxy.\n"
    "- Évitez de brancher une clé personnelle.\n"
    "À ne jamais faire : Redémarrer un poste chiffré. Payer la rançon sans avis.\n"
    "Si c'est impossible : coupez le commutateur de l'étage.\n"
)


@pytest.mark.parametrize(
    "sentence",
    [
        "Appelez le CERT Santé sous deux heures.",
        "Appelez le CERT Santé sous 2 h.",
        "Appelez le cert santé au 09 72 43 91 25.",
        "Appelez le CERT Santé au 09.72.43.91.25.",
        "N'éteignez pas les postes.",
        "La direction signe la déclaration du 3 mars 2024.",
        "La direction signe la déclaration du 03/03/2024.",
        "Notifiez la CNIL sous soixante-douze heures.",
        "Le groupe revendique trois cent mille dossiers.",
        "Prévenez l'ARS sous vingt-quatre heures.",
        "Appelez le CERT Santé sous deux heures et n'éteignez pas les postes.",
        "Le RSSI prévient le directeur par téléphone.",
    ],
)
def test_what_is_said_stands(sentence: str) -> None:
    """The same thing, in the same words or nearly, numbers in digits or in letters."""
    assert supported(sentence, [ALERT])


@pytest.mark.parametrize(
    "sentence",
    [
        pytest.param("Éteignez les postes.", id="negation lost"),
        pytest.param("N'appelez pas le CERT Santé.", id="negation added"),
        pytest.param("Appelez le CERT Santé sous 4 heures.", id="another number"),
        pytest.param("Appelez le CERT Santé sous trois heures.", id="another, in letters"),
        pytest.param("Appelez le CERT Santé sous deux jours.", id="another unit"),
        pytest.param("Appelez le CERT Santé au 09 72 43 91 26.", id="another telephone"),
        pytest.param("La direction signe la déclaration du 3 avril 2024.", id="another month"),
        pytest.param("La direction signe la déclaration du 3 mars 2025.", id="another year"),
        pytest.param("Notifiez la CNIL sous 24 heures.", id="the number of another duty"),
        pytest.param("Notifiez la cnil sous 24 heures.", id="the same in small letters"),
        pytest.param("Notifiez l'ARS sous 72 heures.", id="the name of another duty"),
        pytest.param("Notifiez la CNIL sous 3 jours.", id="converted"),
        pytest.param("Appelez le CERT Santé et Madame Inventée.", id="a name from nowhere"),
        pytest.param("Appelez l'ANSSI sous deux heures.", id="an acronym from nowhere"),
        pytest.param("La direction signe toujours la déclaration.", id="more certain"),
        pytest.param("Le groupe a 300 000 dossiers.", id="a claim as a fact"),
        pytest.param("Le groupe revendique 300 000 patients.", id="something else counted"),
        pytest.param("Le directeur prévient le RSSI par téléphone satellite.", id="turned round"),
        pytest.param("La direction signe, voir https://exemple.fr", id="a link"),
        pytest.param("La direction signe, voir www.exemple.fr", id="a bare link"),
        pytest.param("La direction signe, voir exemple.com", id="a site"),
        pytest.param("La direction signe la [déclaration](page).", id="a markdown link"),
        pytest.param("La direction signe la déclaration <!channel>.", id="a mention"),
        pytest.param("La direction signe la déclaration @channel.", id="a bare mention"),
        pytest.param("La direction signe la <@U0EXEMPLE> déclaration.", id="a person"),
        pytest.param("La direction signe la `déclaration`.", id="markup"),
        pytest.param("La direction\u202e signe la déclaration.", id="turned writing"),
        pytest.param("Formatez les disques puis réinstallez Windows.", id="not there"),
        pytest.param("Tout va bien.", id="nothing of it"),
        pytest.param("Oui.", id="too little"),
        pytest.param("Appelez.", id="an order alone"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_not_said_does_not_stand(sentence: str) -> None:
    """A figure, a name, a negation, a certainty or a word that the passage does not hold."""
    assert not supported(sentence, [ALERT])


@pytest.mark.parametrize(
    ("sentence", "stands"),
    [
        ("Débranchez le câble réseau et laissez le poste allumé.", True),
        ("Si le chiffrement est en cours, éteignez le poste.", True),
        ("Si c'est impossible, coupez le commutateur de l'étage.", True),
        ("Ne redémarrez pas un poste chiffré.", True),
        ("Ne payez jamais la rançon sans avis.", True),
        ("Évitez de brancher une clé personnelle.", True),
        ("Restaurez les serveurs après la vérification des sauvegardes.", True),
        pytest.param("Laissez le poste éteint.", False, id="opposite"),
        pytest.param("Branchez le câble réseau.", False, id="opposite by its prefix"),
        pytest.param("Éteignez le poste.", False, id="condition lost"),
        pytest.param("Coupez le commutateur de l'étage.", False, id="condition of the label lost"),
        pytest.param("Si le poste est allumé, débranchez le câble.", False, id="condition added"),
        pytest.param("Gardez les journaux.", False, id="exception lost"),
        pytest.param("Restaurez les serveurs avant la vérification.", False, id="order reversed"),
        pytest.param("Restaurez les serveurs des sauvegardes.", False, id="what comes first lost"),
        pytest.param("Redémarrez un poste chiffré.", False, id="said under never"),
        pytest.param("Payez la rançon sans avis.", False, id="said under never, second sentence"),
        pytest.param("Branchez une clé personnelle.", False, id="to be avoided"),
        pytest.param("Débranchez le câble et payez la rançon.", False, id="one order of two"),
        pytest.param("Débranchez le câble électrique.", False, id="a word of another sentence"),
        pytest.param("Débranchez le câble réseau et notez l'heure de la coupure.", True, id="two"),
    ],
)
def test_orders_keep_their_sense(sentence: str, stands: bool) -> None:
    """Conditions, exceptions, what is forbidden and opposites make another order of it."""
    assert supported(sentence, [STEP]) is stands


@pytest.mark.parametrize(
    ("heading", "text", "sentence", "stands"),
    [
        pytest.param(
            "Rançon › À ne pas faire",
            "- Négocier seul avec les attaquants.\n- Ne répondez pas aux attaquants.",
            "Négociez seul avec les attaquants.",
            False,
            id="a section that forbids",
        ),
        pytest.param(
            "Rançon › À ne pas faire",
            "- Négocier seul avec les attaquants.\n- Ne répondez pas aux attaquants.",
            "Ne répondez pas aux attaquants.",
            True,
            id="what says no itself there",
        ),
        pytest.param(
            "Rançon › En bref",
            "**Erreurs à éviter**\n- Négocier seul avec les attaquants.\n**Faire**\n- Prévenez.",
            "Négociez seul avec les attaquants.",
            False,
            id="a line in bold that forbids",
        ),
        pytest.param(
            "Rançon › En bref",
            "À ne pas dire :\n- Promettre une date au public.\n\nPréparez un texte court.",
            "Promettez une date au public.",
            False,
            id="the line that opens a list forbids",
        ),
        pytest.param(
            "Rançon › En bref",
            "À ne pas dire :\n- Promettre une date au public.\n\nPréparez un texte court.",
            "Préparez un texte court.",
            True,
            id="the list is over",
        ),
        pytest.param(
            "Valmont › Ce que les attaquants ont revendiqué",
            "- 61 Go de données de patients et de personnel.",
            "61 Go de données de patients et de personnel volés.",
            False,
            id="a claim told as a fact",
        ),
        pytest.param(
            "R31 Ne pas payer, ne pas répondre",
            "- Consignez la décision du directeur.",
            "Consignez la décision du directeur.",
            True,
            id="a step whose title forbids something",
        ),
        pytest.param(
            "Dates",
            "Alerte dans la nuit du 3 au 4 octobre, coupure de 20 h à 22 h.",
            "Alerte dans la nuit du 4 au 4 octobre.",
            False,
            id="a figure served twice",
        ),
        pytest.param(
            "Dates",
            "La coupure a duré de 20 h à 22 h dans les services.",
            "La coupure a duré de 22 h à 20 h dans les services.",
            False,
            id="figures turned round",
        ),
    ],
)
def test_titles_and_labels_count(heading: str, text: str, sentence: str, stands: bool) -> None:
    """What stands under « À ne pas faire » or « revendiqué » is not what it looks like alone."""
    assert supported(sentence, [Passage(text, heading)]) is stands


def test_only_the_cited_passage_answers() -> None:
    """What another passage says is no support; without a passage nothing stands."""
    assert not supported("Débranchez le câble réseau.", [ALERT])
    assert supported("Débranchez le câble réseau.", [ALERT, STEP])
    assert not supported("Débranchez le câble réseau.", [])


def test_a_name_of_the_heading_serves_where_the_passage_names_nobody() -> None:
    """« Notifier la CNIL » above, « sous 72 heures » below: one thing; not beside another name."""
    alone = Passage("Envoyez la notification sous 72 heures.", "Notifier la CNIL")
    beside = Passage("Envoyez la notification à l'ARS sous 24 heures.", "Notifier la CNIL")

    assert supported("Envoyez la notification à la CNIL sous 72 heures.", [alone])
    assert not supported("Envoyez la notification à la CNIL sous 24 heures.", [beside])


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("72 heures, soixante-douze jours", ["72", "72"]),
        ("quatre-vingt-dix-neuf et vingt et un", ["99", "21"]),
        ("deux cent mille euros, 200 000 €", ["200000", "200000"]),
        ("22 millions, 1,5 million, 2 milliards", ["22000000", "1500000", "2000000000"]),
        ("le 1er mars 2024, le 11/02/2024, 2024-02-11", ["2024-03-01", "2024-02-11", "2024-02-11"]),
        ("en février 2024, le 3 mars", ["03-03", "2024-02"]),
        ("à 16 h 30, 03:10", ["16h30", "3h10"]),
        ("au 09 72 43 91 25 ou +33 9 72 43 91 25", ["0972439125", "0972439125"]),
        ("une heure, un poste, une semaine", ["1", "1"]),
        ("12,5 %", ["12.5"]),
        ("rien du tout", []),
    ],
)
def test_figures_are_read_however_written(text: str, values: list[str]) -> None:
    """Digits, letters, dates, hours and telephones in one spelling."""
    assert sorted(one.value for one in figures(text)) == sorted(values)


@pytest.mark.parametrize(
    ("said", "known", "same"),
    [
        ("72 heures", "sous 72 h", True),
        ("300 postes", "300 vieux postes de travail", True),
        ("72 heures", "72 jours", False),
        ("12 postes", "300 postes et 12 serveurs", False),
        ("le 11 février", "le 11 février 2024", True),
        ("en 2024", "le 11 février 2024", True),
        ("le 11 février 2024", "le 11 février", False),
        ("trente minutes", "30 min", True),
        ("rien", "72 heures", True),
    ],
)
def test_the_same_figure_counts_the_same_thing(said: str, known: str, same: bool) -> None:
    """A number is held with what it counts; a date may say less than the one it rests on."""
    assert stand(figures(said), figures(known)) is same


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(sentence: str, passage: str) -> None:
    """Nothing that a model or a file holds raises."""
    assert supported(sentence, [Passage(passage)]) in (True, False)


@given(st.integers(0, 10**7))
def test_a_number_is_itself_and_no_other(number: int) -> None:
    """Grouped by thousands or not, and never equal to the next one."""
    grouped = f"{number:,}".replace(",", "\u202f")

    assert stand(figures(f"{grouped} postes"), figures(f"{number} postes"))
    assert not stand([Figure(str(number + 1))], figures(f"{number} postes"))

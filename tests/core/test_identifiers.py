"""Identifiers of patients and accounts: found with their keys, told, taken out; nothing else is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.identifiers import find, iban_stands, nir_key, strip, told, without

TODAY = date(2026, 11, 21)

#: Numbers made for these tests: right keys, and communes or banks that do not exist.
NIR = "185057800608491"


def keyed(body: str) -> str:
    """A made-up NIR with its right key."""
    return f"{body}{nir_key(body):02d}"


def kinds(text: str) -> list[str]:
    """What is found in a text, in order."""
    return [one.kind for one in find(text, TODAY)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"le patient {keyed('1850578006084')} est sorti", ["nir"], id="bare"),
        pytest.param("1 85 05 78 006 084 91", ["nir"], id="spaced as on the card"),
        pytest.param("1.85.05.78.006.084.91", ["nir"], id="dots"),
        pytest.param("1\u00a085\u202f05-78-006-084-91", ["nir"], id="no-break spaces, hyphens"),
        pytest.param("1\u200b85\u200b05\u200b78006084\u200b91", ["nir"], id="hidden characters"),
        pytest.param("１８５０５７８００６０８４９１", ["nir"], id="wide digits"),
        pytest.param(keyed("2850720999008"), ["nir"], id="a woman"),
        pytest.param(keyed("198022A004120"), ["nir"], id="Corse-du-Sud"),
        pytest.param(keyed("298022B004120").lower(), ["nir"], id="Haute-Corse, lower case"),
        pytest.param(keyed("7850578006084"), ["nir"], id="a temporary number"),
        pytest.param("185057800608492", [], id="a wrong key"),
        pytest.param("NIR : 185057800608492", ["nir"], id="a wrong key, called by its name"),
        pytest.param("n° de sécu 1850578006084", ["nir"], id="without key, called by its name"),
        pytest.param("1850578006084", [], id="thirteen digits that nothing names"),
        pytest.param("INS 1 85 05 78 006 084 91", ["ins"], id="INS before"),
        pytest.param("185057800608491 (OID 1.2.250.1.213.1.4.8)", ["ins"], id="INS by its OID"),
        pytest.param("identité nationale : 185057800608400", ["ins"], id="INS, wrong key"),
        pytest.param("ticket 1850578006084912", [], id="a longer number"),
        pytest.param("SHA 3f185057800608491ab", [], id="inside a hash"),
        pytest.param("le 1 185 postes et 057 800 sauvegardes", [], id="two counts"),
        pytest.param("09 72 43 91 25", [], id="a telephone number"),
        pytest.param("CERT Santé : 09 72 43 91 25, astreinte 01 99 00 00 01", [], id="two"),
        pytest.param("1763712345678", [], id="milliseconds since 1970"),
        pytest.param("1732147200.123456", [], id="a Slack stamp"),
    ],
)
def test_national_numbers(text: str, found: list[str]) -> None:
    """A NIR or an INS stands by its key or by its name, whatever separates its digits."""
    assert kinds(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("FR7630006000011234567890189", ["iban"], id="French"),
        pytest.param("FR76 3000 6000 0112 3456 7890 189", ["iban"], id="in fours"),
        pytest.param("fr76 3000 6000 0112 3456 7890 189", ["iban"], id="lower case"),
        pytest.param("virez sur FR7630006000011234567890189 ce soir", ["iban"], id="in a line"),
        pytest.param("RIB FR7630006000011234567890189 et merci", ["iban"], id="letters after it"),
        pytest.param("DE89370400440532013000", ["iban"], id="German"),
        pytest.param("BE68 5390 0754 7034", ["iban"], id="Belgian"),
        pytest.param("GB29 NWBK 6016 1331 9268 19", ["iban"], id="British, letters inside"),
        pytest.param("FR7630006000011234567890188", [], id="wrong check digits"),
        pytest.param("FR763000600001123456789018", [], id="too short for France"),
        pytest.param("serveur SRV01-DC-PARIS-2019-BACKUP", [], id="name of a server"),
        pytest.param("0123456789abcdef0123456789abcdef", [], id="a hash"),
    ],
)
def test_account_numbers(text: str, found: list[str]) -> None:
    """An IBAN stands by its length and its check digits."""
    assert kinds(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("Mme Durand née le 12/03/1956", ["birth"], id="born"),
        pytest.param("patient né à Valmont le 12 mars 1956", ["birth"], id="born somewhere"),
        pytest.param("DDN 12.03.56", ["birth"], id="label, two digits"),
        pytest.param("date de naissance : 1956-03-12", ["birth"], id="ISO"),
        pytest.param("née 1er janvier 1950", ["birth"], id="the first"),
        pytest.param("né(e) le 3 févr. 1961", ["birth"], id="a form, a short month"),
        pytest.param("bébé né le 20/11/2026", ["birth"], id="born yesterday"),
        pytest.param("mme durand 12/03/56", ["birth"], id="title, no capitals"),
        pytest.param("M. Dupont (12/03/1956)", ["birth"], id="title, brackets"),
        pytest.param("12/03/1956 Mme Durand", ["birth"], id="date first"),
        pytest.param("DURAND Jeanne 12/03/1956", ["birth"], id="surname and first name"),
        pytest.param("Jeanne Durand, 12 mars 1956", ["birth"], id="words"),
        pytest.param("Mme Durand a appelé le 20/11/2026", [], id="a name and a fact of yesterday"),
        pytest.param("M. Dupont 20/11/2026", [], id="beside a name, of yesterday"),
        pytest.param("SAMU Valmont 12/03/2024", [], id="capitals, an event of late"),
        pytest.param("sauvegarde du 12/03/2016", [], id="an old date without a name"),
        pytest.param("née le 45/13/1956", [], id="no such day"),
        pytest.param("née le 12/03/2056", [], id="in the future"),
        pytest.param("la panne est née le 32", [], id="no date"),
        pytest.param("décision du 21 novembre 2026 à 03 h 10", [], id="a date of the crisis"),
    ],
)
def test_dates_of_birth(text: str, found: list[str]) -> None:
    """A date stands when it is called one of birth, or is old and beside a person's name."""
    assert kinds(text) == found


def test_each_is_told_and_taken_out() -> None:
    """What is left says what was there, and no digit of it; the room is told each kind once."""
    text = f"Mme Durand née le 12/03/1956, sécu {NIR}, IBAN FR7630006000011234567890189, DDN 1/2/60"
    found = find(text, TODAY)

    assert told(found) == (
        "une date de naissance, un numéro de sécurité sociale et un numéro de compte (IBAN)"
    )
    assert strip(text, found) == (
        "Mme Durand née le [date de naissance retirée], sécu [numéro de sécurité sociale retiré], "
        "IBAN [IBAN retiré], DDN [date de naissance retirée]"
    )
    assert without(f"sécu {NIR} perdue", find(f"sécu {NIR} perdue", TODAY)) == "sécu   perdue"
    assert (told(()), strip("on éteint les PC ?", ())) == ("", "on éteint les PC ?")
    assert told(find("DDN 1/2/60", TODAY)) == "une date de naissance"


@given(st.integers(0, 10**12 - 1), st.integers(1, 2), st.integers(1, 96))
def test_a_key_that_is_wrong_never_stands_alone(rest: int, sex: int, shift: int) -> None:
    """Thirteen digits with any other key than theirs are not taken for a person's number."""
    body = f"{sex}{rest:012d}"
    wrong = (nir_key(body) - 1 + shift) % 97 + 1

    assert kinds(f"{body}{wrong:02d}") == []


@given(st.text(max_size=300))
def test_any_text_can_be_looked_at(text: str) -> None:
    """Nothing that people type raises, and what is cut out is no longer found."""
    found = find(text, TODAY)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert find(strip(text, found), TODAY) == ()


@pytest.mark.parametrize("text", ["", "FR", "FR76", "ÉÉ76" + "0" * 20, "FR76" + "é" * 23])
def test_what_is_no_account_number(text: str) -> None:
    """Too short, or not made of letters and digits."""
    assert not iban_stands(text)

"""Hours as people type them, and times and typography as the room reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.crisis import Precision
from bot.core.french import (
    clock,
    date_clock,
    dates,
    day_clock,
    full_clock,
    plural,
    seconds,
    span,
    told_when,
    typography,
)
from bot.core.when import read_past, read_when
from bot.errors import Refused
from tests.core.plans import MIN, PARIS, H, says

#: Saturday 21 November 2026, 03 h 30 in Paris.
NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


def local(text: str, zone: str = PARIS) -> datetime:
    """An instant written in the local time of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("text", "at", "precision", "rest"),
    [
        ("03:10", "2026-11-21T03:10", "exact", ""),
        ("3:10", "2026-11-21T03:10", "exact", ""),
        ("03:10 serveur éteint", "2026-11-21T03:10", "exact", "serveur éteint"),
        ("03:10, serveur éteint", "2026-11-21T03:10", "exact", "serveur éteint"),
        ("03:10: serveur éteint", "2026-11-21T03:10", "exact", "serveur éteint"),
        ("03:10 - serveur éteint", "2026-11-21T03:10", "exact", "serveur éteint"),
        ("3h10", "2026-11-21T03:10", "exact", ""),
        ("3H10", "2026-11-21T03:10", "exact", ""),
        ("3 h 10 appel", "2026-11-21T03:10", "exact", "appel"),
        ("3\u00a0h\u00a010 appel", "2026-11-21T03:10", "exact", "appel"),
        ("3h appel", "2026-11-21T03:00", "exact", "appel"),
        ("0h", "2026-11-21T00:00", "exact", ""),
        ("à 3h10 appel", "2026-11-21T03:10", "exact", "appel"),
        ("a 3h10", "2026-11-21T03:10", "exact", ""),
        ("vers 3h appel", "2026-11-21T03:00", "about", "appel"),
        ("Environ 03:10", "2026-11-21T03:10", "about", ""),
        ("~3h", "2026-11-21T03:00", "about", ""),
        ("23:40 appel", "2026-11-20T23:40", "exact", "appel"),
        ("03:35", "2026-11-21T03:35", "exact", ""),
        ("03:36", "2026-11-20T03:36", "exact", ""),
        ("hier 23:40 appel", "2026-11-20T23:40", "exact", "appel"),
        ("Hier à 23h40", "2026-11-20T23:40", "exact", ""),
        ("hier vers 23h", "2026-11-20T23:00", "about", ""),
        ("vers hier 23h", "2026-11-20T23:00", "about", ""),
        ("aujourd'hui 02:00", "2026-11-21T02:00", "exact", ""),
        ("aujourd\u2019hui à 02:00", "2026-11-21T02:00", "exact", ""),
        ("20/11 23:40 appel", "2026-11-20T23:40", "exact", "appel"),
        ("20/11 à 23h40 appel", "2026-11-20T23:40", "exact", "appel"),
        ("20/11 vers 23h", "2026-11-20T23:00", "about", ""),
        ("20.11 23:40", "2026-11-20T23:40", "exact", ""),
        ("20/11/2025 23:40", "2025-11-20T23:40", "exact", ""),
        ("2026-11-20 23:40", "2026-11-20T23:40", "exact", ""),
        ("2026-11-20T23:40", "2026-11-20T23:40", "exact", ""),
        ("31/12 22:00", "2025-12-31T22:00", "exact", ""),
        ("22/11 08:00", "2026-11-22T08:00", "exact", ""),
        ("maintenant", "2026-11-21T03:30", "exact", ""),
        ("Maintenant, appel", "2026-11-21T03:30", "exact", "appel"),
    ],
)
def test_hours_that_people_type(text: str, at: str, precision: Precision, rest: str) -> None:
    """Each way of writing an hour gives one instant, how sure it is, and the rest of the text."""
    assert read_when(text, NOW, PARIS) == (local(at), precision, rest)


def test_the_instant_read_is_in_utc() -> None:
    """What leaves the reader is UTC, whatever the zone it was typed in."""
    found = read_when("03:10", NOW, PARIS)
    assert found is not None
    assert found[0].utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "appel du préfet",
        "3 patients transférés",
        "a 3 serveurs près",
        "vers la réanimation",
        "21/11",
        "21/11 réunion avec le préfet",
        "3/4 des postes sont chiffrés",
        "20/30 serveurs éteints",
        "1.2 To copiés",
        "2 : serveurs éteints",
        "10:3",
        "03:10:25",
        "3heures",
        "2 h de coupure",
        "2h d'attente",
        "24h sur 24 au téléphone",
        "72h CNIL : on prépare",
        "100h de travail",
        "maintenance du pare-feu",
    ],
)
def test_texts_without_an_hour(text: str) -> None:
    """Quantities, durations and fractions are no hours: the text is left whole to the caller."""
    assert read_when(text, NOW, PARIS) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("25:10", ("Cette heure n'existe pas", "25:10"), id="hour-25"),
        pytest.param("12:60", ("Cette heure n'existe pas", "12:60"), id="minute-60"),
        pytest.param("hier 24:00", ("Cette heure n'existe pas", "24:00"), id="hour-24"),
        pytest.param("31/02 10:00", ("Cette date n'existe pas", "31/02/2026"), id="february-31"),
        pytest.param("29/02 10:00", ("Cette date n'existe pas", "29/02/2026"), id="no-leap-year"),
        pytest.param("31/11 à 3h", ("Cette date n'existe pas", "31/11/2026"), id="november-31"),
        pytest.param("00/11 03:10", ("Cette date n'existe pas",), id="day-zero"),
        pytest.param("2026-13-01 10:00", ("Cette date n'existe pas",), id="month-13"),
        pytest.param("hier réunion", ("Il manque l'heure", "21/11 03:10"), id="day-without-hour"),
        pytest.param("2026-11-20 réunion", ("Il manque l'heure",), id="date-without-hour"),
    ],
)
def test_hours_and_dates_that_do_not_exist(text: str, words: tuple[str, ...]) -> None:
    """A wrong hour or date is refused with what was read, never corrected in silence."""
    with pytest.raises(Refused) as refused:
        read_when(text, NOW, PARIS)
    says(refused.value.for_people(), *words)


@pytest.mark.parametrize(
    ("text", "now", "expected"),
    [
        pytest.param(
            "25/10 02:30", "2026-10-25T08:00+00:00", "2026-10-25T00:30+00:00", id="repeated-hour"
        ),
        pytest.param(
            "02:30", "2026-10-25T01:45+00:00", "2026-10-25T00:30+00:00", id="repeated-hour-in-it"
        ),
        pytest.param(
            "25/10 03:30", "2026-10-25T08:00+00:00", "2026-10-25T02:30+00:00", id="after-repeated"
        ),
        pytest.param(
            "29/03 02:30", "2026-03-29T08:00+00:00", "2026-03-29T01:30+00:00", id="skipped-hour"
        ),
        pytest.param(
            "29/03 03:30", "2026-03-29T08:00+00:00", "2026-03-29T01:30+00:00", id="after-skipped"
        ),
        pytest.param(
            "hier 23:00", "2026-10-25T22:30+00:00", "2026-10-24T21:00+00:00", id="day-before"
        ),
    ],
)
def test_the_nights_when_the_clock_changes(text: str, now: str, expected: str) -> None:
    """A repeated hour is its first passage; a skipped one is read at the offset before it."""
    found = read_when(text, datetime.fromisoformat(now), PARIS)
    assert found is not None
    assert found[0] == datetime.fromisoformat(expected)


def test_an_overseas_hospital_types_its_own_hours() -> None:
    """The same text is another instant in La Réunion, where it is already later."""
    found = read_when("05:00", NOW, "Indian/Reunion")
    assert found is not None
    assert found[0] == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


def test_a_date_of_tomorrow_is_of_this_year_and_a_later_one_of_last_year() -> None:
    """Around new year, a day and month without a year are the nearest in the past."""
    new_year = datetime(2027, 1, 1, 8, 0, tzinfo=UTC)
    found = read_when("31/12 23:00", new_year, PARIS)
    assert found is not None
    assert found[0] == datetime(2026, 12, 31, 22, 0, tzinfo=UTC)


# -- what the room reads --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delta", "shown"),
    [
        (0 * MIN, "0\u00a0min"),
        (MIN - timedelta(seconds=1), "0\u00a0min"),
        (12 * MIN, "12\u00a0min"),
        (H, "1\u00a0h"),
        (65 * MIN, "1\u00a0h\u00a005"),
        (24 * H, "1\u00a0j"),
        (52 * H + 59 * MIN, "2\u00a0j\u00a04\u00a0h"),
        (72 * H, "3\u00a0j"),
        (101 * H, "4\u00a0j"),
        (-65 * MIN, "1\u00a0h\u00a005"),
    ],
)
def test_durations(delta: timedelta, shown: str) -> None:
    """A duration has two units at most and is rounded down; lateness is said by the sentence."""
    assert span(delta) == shown


def test_clocks_always_say_the_day() -> None:
    """Times are shown in the zone of the hospital, with the day, and with the offset for later."""
    at = datetime(2026, 11, 20, 23, 5, tzinfo=UTC)
    assert clock(at, PARIS) == "00\u00a0h\u00a005"
    assert day_clock(at, PARIS) == "sam. 21 nov., 00\u00a0h\u00a005"
    assert day_clock(at, "America/Martinique") == "ven. 20 nov., 19\u00a0h\u00a005"
    assert full_clock(at, "America/Martinique") == "20/11/2026 19:05:00 (UTC-04:00)"


@pytest.mark.parametrize(
    ("month", "name"),
    [*enumerate("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split(), start=1)],
)
def test_months(month: int, name: str) -> None:
    """Every month has its French abbreviation."""
    assert f" 15 {name}, " in day_clock(datetime(2026, month, 15, tzinfo=UTC), PARIS)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0\u00a0étape"), (1, "1\u00a0étape"), (2, "2\u00a0étapes"), (1000, "1000\u00a0étapes")],
)
def test_plural(count: int, shown: str) -> None:
    """French takes the plural from two on."""
    assert plural(count, "étape") == shown
    assert plural(2, "travail", "travaux") == "2\u00a0travaux"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Prêt ?", "Prêt\u00a0?"),
        ("Voici : a ; b !", "Voici\u00a0: a\u00a0; b\u00a0!"),
        ("Étape « isoler » faite", "Étape «\u00a0isoler\u00a0» faite"),
        ("90 %", "90\u00a0%"),
        ("https://exemple.fr/a?b", "https://exemple.fr/a?b"),
        ("déjà\u00a0: fait", "déjà\u00a0: fait"),
    ],
)
def test_typography(text: str, shown: str) -> None:
    """Spaces before double signs and inside « » do not break; nothing else moves."""
    assert typography(text) == shown
    assert typography(shown) == shown


@pytest.mark.parametrize(
    ("text", "at", "precision", "rest"),
    [
        ("03:10 couper", "2026-11-21T03:10", "exact", "couper"),
        ("à 03:10 couper", "2026-11-21T03:10", "exact", "couper"),
        ("décidé à 03:10 couper", "2026-11-21T03:10", "exact", "couper"),
        ("Décidée vers 3h, couper", "2026-11-21T03:00", "about", "couper"),
        ("constaté hier à 23:40 : coupé", "2026-11-20T23:40", "exact", "coupé"),
        ("vu 02:00 badge", "2026-11-21T02:00", "exact", "badge"),
        ("heure inconnue : coupé", None, "unknown", "coupé"),
        ("À une heure inconnue, coupé", None, "unknown", "coupé"),
        ("heure inconnue", None, "unknown", ""),
        ("heure inconnue d\u2019arrivée", None, "exact", "heure inconnue d\u2019arrivée"),
        ("décidé à l'unanimité", None, "exact", "décidé à l'unanimité"),
        ("fait 3 copies", None, "exact", "fait 3 copies"),
        ("  rien à dire", None, "exact", "rien à dire"),
    ],
)
def test_what_a_past_fact_says_of_its_hour(
    text: str, at: str | None, precision: Precision, rest: str
) -> None:
    """An hour, about an hour, one that nobody knows, or none: the text that is left is whole."""
    assert read_past(text, NOW, PARIS) == (local(at) if at else None, precision, rest)


@pytest.mark.parametrize(
    ("back", "precision", "told"),
    [
        (0 * MIN, "exact", "07 h 40"),
        (270 * MIN, "exact", "décidé à 03 h 10, saisi à 07 h 40"),
        (270 * MIN, "about", "décidé vers 03 h 10, saisi à 07 h 40"),
        (0 * MIN, "about", "vers 07 h 40"),
        (0 * MIN, "unknown", "heure inconnue, saisi à 07 h 40"),
        (8 * H, "exact", "décidé le ven. 20 nov. à 23 h 40, saisi à 07 h 40"),
        (365 * 24 * H, "exact", "décidé le ven. 21 nov. à 07 h 40, saisi à 07 h 40"),
    ],
)
def test_when_it_happened_and_when_it_was_written(
    back: timedelta, precision: Precision, told: str
) -> None:
    """One hour when they are the same minute, else both, and the day when it is another one."""
    written = local("2026-11-21T07:40")
    shown = told_when("décidé", written - back, written, precision, PARIS)
    assert shown.replace("\u00a0", " ") == told


def test_short_durations_keep_their_tenths() -> None:
    """Below a minute in seconds, above as any other duration."""
    assert [seconds(one).replace("\u00a0", " ") for one in (1001, 2345, 59_999, 7_200_000)] == [
        "1,0 s",
        "2,3 s",
        "59,9 s",
        "2 h",
    ]


def test_a_date_with_its_year_and_its_hour() -> None:
    """What is read after that night has its year; the seconds that nobody typed are left out."""
    assert date_clock(NOW, PARIS) == "21/11/2026, 03\u00a0h\u00a030"
    assert date_clock(NOW, "Indian/Reunion") == "21/11/2026, 06\u00a0h\u00a030"


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("Titre (ANSSI, 2022-10-17)", "Titre (ANSSI, 17/10/2022)"),
        ("Titre (NIST, 2025-04)", "Titre (NIST, 04/2025)"),
        ("Titre, ANSSI, 2020-09", "Titre, ANSSI, 09/2020"),
        ("Titre (ANSSI, 2020-09, à vérifier)", "Titre (ANSSI, 09/2020, à vérifier)"),
        ("CSP, art. L1111-8-2, D1111-16-2", "CSP, art. L1111-8-2, D1111-16-2"),
        (
            "Instructions (SHFDS/FSSI/2023/15, sans date)",
            "Instructions (SHFDS/FSSI/2023/15, sans date)",
        ),
        ("Rapport 2023-2024 (ANS, 2024)", "Rapport 2023-2024 (ANS, 2024)"),
    ],
)
def test_the_dates_of_sources_are_french(source: str, read: str) -> None:
    """Only what is a date becomes one: articles and references stay as they are."""
    assert dates(source) == read

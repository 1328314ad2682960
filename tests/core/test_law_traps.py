"""The twenty ways of getting the law wrong, held against the real files (regulation 1.14).

The numbers are those of the list.  What depends on a face or on a document (20 words on a screen,
a letter) is checked where it is written; what depends on the data is checked here.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.core.deadlines import deadline, deadlines, standing
from bot.core.duties import SettleDuty
from bot.core.instants import RecordInstant
from bot.core.playbook import Duty, Instant, Playbook, Step
from bot.library.playbooks import load_plans
from tests.core.plans import PLAYBOOKS, START, H, hospital, opened, real_plan, says

FILES = {file.name: file.read_text(encoding="utf-8") for file in sorted(PLAYBOOKS.glob("*.yaml"))}
PLAYBOOK_IDS = sorted(load_plans(PLAYBOOKS).plans)
FIGURE = re.compile(r"\d")


def duty(duty_id: str) -> Duty:
    """A duty of the real file."""
    found = real_plan().duty(duty_id)
    assert found is not None
    return found


def instant(instant_id: str) -> Instant:
    """An instant of the real file."""
    found = real_plan().instant(instant_id)
    assert found is not None
    return found


def carriers(duty_id: str) -> list[Step]:
    """Every step, of every playbook, by which this duty is done."""
    return [
        step
        for name in PLAYBOOK_IDS
        for step in real_plan(name).playbook.steps
        if step.duty == duty_id
    ]


def told(thing: Any) -> Iterator[str]:
    """Every text that the product says of a thing: what people may ask is not ours to say."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple | list):
        for one in thing:
            yield from told(one)
    elif is_dataclass(thing):
        for part in fields(thing):
            if part.name not in ("asks", "hints"):
                yield from told(getattr(thing, part.name))


def everything_told() -> Iterator[str]:
    """Every text of every playbook, duty, instant and role."""
    for name in PLAYBOOK_IDS:
        plan = real_plan(name)
        yield from told((plan.playbook, plan.obligations, plan.cell))


def caveats(duty_id: str) -> str:
    """The caveats of a duty, as one text."""
    return "\n".join(duty(duty_id).caveats)


def test_the_files_are_read_without_a_fault() -> None:
    """What follows speaks of files that load whole."""
    assert load_plans(PLAYBOOKS).faults == ()
    assert "rancongiciel" in PLAYBOOK_IDS


@pytest.mark.parametrize("duty_id", ["nis2-alerte", "nis2-notification", "nis2-rapport"])
def test_01_nis_2_is_not_in_force(duty_id: str) -> None:
    """NIS 2 sleeps, says so in its title, its wording and its caveats, and is to be verified."""
    found = duty(duty_id)
    assert found.disabled
    assert found.in_force_from is None
    assert found.confidence != "high"
    for text in (found.title, found.wording, found.caveats[0]):
        says(text.casefold(), "pas en vigueur")
    assert carriers(duty_id) == []


def test_02_cert_sante_has_no_figure() -> None:
    """The report to CERT Santé is « sans délai »: no hours in the text nor in the wording."""
    found = duty("cert-sante")
    assert (found.nature, found.within) == ("immediate", None)
    assert not FIGURE.search(found.wording)
    for step in carriers("cert-sante"):
        assert not re.search(r"\b(24|72) ?(h\b(?! sur)|heures)", " ".join(told(step)))


def test_03_the_ars_is_not_the_legal_addressee() -> None:
    """The addressee is the ANS with the authorities of the State; the ARS is called besides."""
    found = duty("cert-sante")
    says(found.recipient, "Agence du numérique en santé", "État")
    assert "ARS" not in found.recipient
    says(caveats("cert-sante"), "non plus l'ARS")


def test_04_persons_have_no_72_hours() -> None:
    """Telling the persons concerned has no figure in hours, neither as deadline nor as mark."""
    found = duty("personnes-concernees")
    assert (found.nature, found.within) == ("immediate", None)
    assert not FIGURE.search(found.wording)
    assert 72 * H not in found.watch
    for step in carriers("personnes-concernees"):
        assert "72" not in " ".join(told(step))


def test_05_a_processor_has_no_72_hours() -> None:
    """What the processor owes to the hospital has no clock, and the file says so."""
    found = duty("sous-traitant")
    assert (found.starts, found.within, found.watch) == (None, None, ())
    assert found.owed_by
    assert not FIGURE.search(found.wording)
    says(caveats("sous-traitant"), "n'a pas de délai de 72 heures")


def test_06_the_complaint_counts_from_knowledge() -> None:
    """The complaint starts when the hospital knows, not at the date of the attack."""
    starts = duty("plainte").starts
    assert starts is not None
    assert starts.instant == "t_stad"
    says(instant("t_stad").definition, "sait", "Ce n'est ni la date de l'attaque")
    says(duty("plainte").wording, "connaissance")


def test_07_the_complaint_is_not_compulsory_for_all() -> None:
    """Without a cyber clause there is no duty to complain, and the title says what it is for."""
    found = duty("plainte")
    assert found.only_if == ("cyber_insurance",)
    says(found.title, "condition")
    says(caveats("plainte"), "Ce n'est pas une obligation générale")
    uninsured = opened(hospital(real_plan(), flags={})).crisis
    assert "plainte" not in {one.duty.id for one in deadlines(uninsured, START)}


def test_08_a_chat_or_a_pre_complaint_stops_no_clock() -> None:
    """17Cyber and a pre-complaint are named as not enough, and are nobody's outcome."""
    says(caveats("plainte"), "pré-plainte", "17Cyber", "n'arrête pas le délai")
    for step in carriers("plainte"):
        assert not [one for one in step.outcomes if re.search("17|pré-plainte", one.label)]
        says(step.never, "pré-plainte", "17Cyber")


@pytest.mark.parametrize("duty_id", ["cnil-initiale", "plainte"])
@pytest.mark.parametrize("start_day", range(20, 28))
def test_09_nothing_is_pushed_to_monday(duty_id: str, start_day: int) -> None:
    """Whatever the day of the week or the holiday, 72 hours end 72 hours later."""
    start = datetime(2026, 12, start_day, 9, 15, tzinfo=UTC)
    room = opened(hospital(real_plan(), flags={"cyber_insurance": True}), start=start)
    assert deadline(duty(duty_id), room.crisis, start).due == start + 72 * H
    says(caveats(duty_id), "jours fériés compris" if duty_id == "cnil-initiale" else "férié")


def test_10_no_waiting_for_proof_of_theft() -> None:
    """Encryption alone is a breach: the definition, the caveats and the step say so."""
    says(instant("t_dp").definition, "sans preuve de vol")
    says(caveats("cnil-initiale"), "même sans aucun vol", "N'attendez pas la preuve d'un vol")
    for step in carriers("cnil-initiale"):
        says(step.never, "preuve d'un vol")


def test_11_there_is_no_single_t0() -> None:
    """Six legal instants are kept apart, and four duties start from four of them."""
    legal = {one.id for one in real_plan().obligations.instants if one.kind == "legal"}
    assert legal == {"t_alert", "t_stad", "t_sis", "t_dp", "t_proc", "t_high"}
    starts = [
        duty(one).starts
        for one in ("cert-sante", "cnil-initiale", "plainte", "personnes-concernees")
    ]
    assert [one.instant for one in starts if one] == ["t_sis", "t_dp", "t_stad", "t_high"]
    assert not [
        one
        for one in real_plan().obligations.duties
        if one.starts and one.starts.instant == "t_alert"
    ]


def test_11_separated_instants_give_separate_clocks() -> None:
    """Once dated apart, the complaint and the notification to the CNIL end at different hours."""
    room = opened(hospital(real_plan(), flags={"cyber_insurance": True}))
    room.does(RecordInstant("t_stad", START - 2 * H), RecordInstant("t_dp", START - H))
    ends = [deadline(duty(one), room.crisis, START).due for one in ("plainte", "cnil-initiale")]
    assert ends == [START + 70 * H, START + 71 * H]


def test_12_the_health_portal_is_not_the_cnil() -> None:
    """Reporting on the health portal leaves the notification to the CNIL standing."""
    room = opened(real_plan())
    room.does(SettleDuty("cert-sante", "sent", "accusé 1"))
    assert "cnil-initiale" in {one.duty.id for one in standing(room.crisis, START)}
    says(caveats("cnil-initiale"), "ne vaut pas notification à la CNIL")
    says(caveats("cert-sante"), "il ne remplace ni la CNIL")


@pytest.mark.parametrize("name", FILES)
def test_13_no_96_hours(name: str) -> None:
    """The proposal of 96 hours is nowhere, in figures or in words."""
    assert not re.search(r"\b96\s*(h\b|heures)|quatre-vingt-seize", FILES[name], re.IGNORECASE)


def test_13_no_duty_lasts_four_days() -> None:
    """No span of the real file equals 96 hours."""
    spans = [one.within for one in real_plan().obligations.duties if one.within]
    assert not [one for one in spans if one.hours + 24 * one.days == 96]


@pytest.mark.parametrize("found", real_plan().obligations.duties, ids=lambda one: one.id)
def test_14_the_dpo_decides_nothing(found: Duty) -> None:
    """The DPO prepares and advises; the signer is another role, but for the DPO's own register."""
    assert (found.signer == "dpo") is (found.id == "registre-violations")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("old", ["BEFTI", "C3N", "SDLC", "OCLCTIC", "ACSS", "ASIP"])
def test_15_no_body_of_the_past(name: str, old: str) -> None:
    """Services that were renamed or replaced are named nowhere."""
    assert not re.search(rf"\b{old}\b", FILES[name], re.IGNORECASE)


@pytest.mark.parametrize("name", PLAYBOOK_IDS)
def test_16_neither_power_everything_off_nor_never(name: str) -> None:
    """« Éteignez tout » is only quoted as what not to send, and no text forbids it for ever."""
    playbook: Playbook = real_plan(name).playbook
    for step in playbook.steps:
        orders = " ".join(part for part in told(step) if part != step.never)
        assert not re.search(r"éteignez (tout|toutes|tous)", orders, re.IGNORECASE)
        if "éteignez tout" in step.never.casefold():
            says(step.never, "N'envoyez pas")
    whole = " ".join(told(playbook))
    assert not re.search(r"jamais (éteindre|d'extinction)|n'éteignez jamais", whole, re.IGNORECASE)


def test_16_powering_off_is_the_last_resort() -> None:
    """The ransomware playbook says when to power off: encryption goes on, isolation fails."""
    step = real_plan().step("isoler-postes")
    assert step is not None
    says(step.text, "N'éteignez que si le chiffrement progresse", "l'isolement échoue")


def test_17_oiv_annexes_stay_out() -> None:
    """The classified annexes are kept elsewhere and the file forbids to bring them in."""
    says(duty("oiv").channel, "hors de cet outil")
    says(caveats("oiv"), "ne doivent jamais y être déposées")
    assert duty("oiv").only_if == ("oiv",)


@pytest.mark.parametrize("duty_id", ["eigs-1", "dossier-patient", "dommage-soins"])
def test_18_no_patient_in_slack(duty_id: str) -> None:
    """The duties that speak of one patient say that nothing of the patient goes in Slack."""
    assert re.search(r"patient.*Slack|jamais dans Slack", caveats(duty_id))


@pytest.mark.parametrize("duty_id", ["cnil-initiale", "plainte", "registre-violations"])
def test_18_no_patient_in_declarations(duty_id: str) -> None:
    """Neither the declaration nor the step that makes it takes patient data."""
    texts = [caveats(duty_id), *(" ".join(told(step)) for step in carriers(duty_id))]
    assert re.search(
        r"(aucune donnée|pas de données?) (de|médicale)[^.]*", " ".join(texts), re.IGNORECASE
    )


@pytest.mark.parametrize("name", FILES)
def test_18_the_files_hold_no_patient_number(name: str) -> None:
    """No national health number lies in the files."""
    assert not re.search(r"\b[12] ?\d{2} ?(0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3}\b", FILES[name])


def test_19_nothing_admits_liability() -> None:
    """No text to be said outside admits a fault."""
    admits = re.compile(
        r"notre (faute|négligence|responsabilité)|nous sommes responsables"
        r"|nous reconnaissons|par manque de sécurité",
        re.IGNORECASE,
    )
    assert [text for text in everything_told() if admits.search(text)] == []


def test_20_the_prosecutor_is_for_public_hospitals() -> None:
    """Article 40 binds public hospitals only, and the file says why for the others."""
    found = duty("procureur")
    assert found.bound == ("eps",)
    assert (found.nature, found.within) == ("immediate", None)
    says(caveats("procureur"), "ESPIC et cliniques", "non affiché")


@pytest.mark.parametrize("found", real_plan().obligations.duties, ids=lambda one: one.id)
def test_figures_are_only_where_the_law_gives_one(found: Duty) -> None:
    """A duty has a span if it is legal or a target, and marks of ours only if it has none."""
    assert (found.within is not None) is (found.nature in ("legal", "target"))
    if found.watch:
        assert found.within is None
        says(caveats(found.id), "proposition de Tocsin")
        assert list(found.watch) == sorted(found.watch)


#: Clock table of regulation 1.0: starting point and figure of each duty that has one.
FIGURES = {
    "cnil-initiale": ("t_dp", "hours", 72),
    "cnil-complementaire": ("cnil-initiale", "hours", 72),
    "plainte": ("t_stad", "hours", 72),
    "nis2-alerte": ("t_sis", "hours", 24),
    "nis2-notification": ("t_sis", "hours", 72),
    "nis2-rapport": ("nis2-notification", "months", 1),
    "eigs-2": ("e_eigs", "months", 3),
    "dossier-patient": ("e_demande", "days", 8),
    "dommage-soins": ("e_dommage", "days", 15),
}


def test_the_clock_table_is_the_one_of_the_reference() -> None:
    """The duties with a figure are these, with these starts and these figures, and no other."""
    found = {}
    for one in real_plan().obligations.duties:
        if one.within is None or one.starts is None:
            continue
        ((unit, figure),) = [
            (unit, getattr(one.within, unit))
            for unit in ("hours", "days", "months")
            if getattr(one.within, unit)
        ]
        found[one.id] = (one.starts.instant or one.starts.sent, unit, figure)
    assert found == FIGURES

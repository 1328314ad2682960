"""Files of documents: what is wrong is told with its file, its line, and what could be written."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.library.cautions import Cautions, cautions, load_cautions
from bot.library.documents import DocumentShelf, known_names, load_documents, matching
from bot.library.inspection import inspect
from tests.core.plans import START, real_plan
from tests.drafts.house import NOTICE, STAFF, loaded, playbooks

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
NAME = "notification-cnil.md"


def told(folder: Path, text: str, name: str = NAME) -> list[str]:
    """The faults of the house when one of its documents is this text."""
    return [str(one).replace("\u00a0", " ") for one in loaded(folder, **{name: text}).faults]


def test_the_documents_of_the_house_load() -> None:
    """Shipped templates, fields and words have no fault."""
    folder = Path(__file__).resolve().parents[2] / "playbooks"
    assert [str(one) for one in load_documents(folder).faults if not one.warning] == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "instants.t_dp.date_heure |",
            "instants.t_dpp.date_heure |",
            "Vouliez-vous dire « t_dp »",
        ),
        ("champ.faits", "champ.fait", "Vouliez-vous dire « faits »"),
        ("une.texte", "une.text", "Noms connus : texte, par, heure, ligne."),
        ("| horodate", "| horodatage", "filtre inconnu : « horodatage »"),
        ("{% if champ", "{% si champ", "mot inconnu entre {% et %} : si"),
        ("signer: directeur-crise", "signer: directeur", "rôle inconnu"),
        ("duty: cnil-initiale", "duty: cnil", "obligation inconnue"),
        ("sources: [cnil-notifier]", "sources: [nulle-part]", "source inconnue"),
        ("  - nombre_personnes", "  - nombre_personne", "champ inconnu de champs.yaml"),
        ("kind: document", "kind: lettre", "valeur inconnue « lettre »"),
        ("caveats:", "caveat:", "clé inconnue « caveat ». Vouliez-vous dire « caveats »"),
        ("known: instants.t_dp.date_heure", "known: instants.t_dp", "known"),
        ("label: Les faits, kind: long", "label: Les faits, kind: choice", "choices"),
        ("id: notification-cnil", "id: notification", "nom du fichier"),
        ("{{ champ.faits }}", "{{ champ }}", "précisez quoi"),
        ("{{ champ.faits }}", "{{ decisions }}", "est une liste"),
        ("{{ champ.faits }}", "{{ champ.faits.upper() }}", "construction refusée"),
    ],
)
def test_each_mistake_is_told_where_it_is(tmp_path: Path, old: str, new: str, words: str) -> None:
    """File, line, and in words what is unknown and what is near."""
    row = NOTICE[: NOTICE.index(old)].count("\n") + 1
    found = told(tmp_path, NOTICE.replace(old, new, 1))
    place = f"playbooks/documents/{NAME}:{row} : "
    assert any(one.startswith(place) and words in one for one in found), found


def test_a_bad_file_of_shared_fields_is_told_once(tmp_path: Path) -> None:
    """One cause, one message: templates that use its fields do not complain of each of them."""
    documents = loaded(tmp_path, **{"champs.yaml": "fields:\n  - {id: x, labl: X, kind: text}\n"})
    assert {one.path for one in documents.faults} == {"playbooks/documents/champs.yaml"}


def test_a_block_left_open_is_told(tmp_path: Path) -> None:
    """The end of the text is where it is seen; the sentence says what to close."""
    (found,) = told(tmp_path, NOTICE.replace("{% endif %}", "", 1))
    assert "n'est pas refermé" in found


def test_a_contact_of_another_hospital_is_a_warning(tmp_path: Path) -> None:
    """Contacts are the hospital's own: one that it lacks warns, and prints as missing."""
    text = NOTICE + "\n{{ etablissement.contacts.inconnu.telephone }}\n"
    documents = loaded(tmp_path, **{NAME: text})
    (fault,) = documents.faults
    assert fault.warning
    assert "notification-cnil" in documents.templates


def test_a_bad_file_never_replaces_a_good_one(tmp_path: Path) -> None:
    """The last good version of each file is served until the new one is right."""
    folder = playbooks(tmp_path)
    shelf = DocumentShelf(folder)
    good = shelf.held.templates["notification-cnil"]
    file = folder / "documents" / NAME
    file.write_text(NOTICE.replace("champ.faits", "champ.rien"), encoding="utf-8")
    assert shelf.reload().templates["notification-cnil"] == good
    assert len(shelf.held.faults) == 1
    file.write_text(NOTICE.replace("Les faits :", "Faits :"), encoding="utf-8")
    assert shelf.reload().templates["notification-cnil"] != good


def test_tocsin_check_looks_at_documents(tmp_path: Path) -> None:
    """« tocsin check » on the house, and on one document by its path."""
    folder = playbooks(tmp_path, **{NAME: NOTICE.replace("champ.faits", "champ.rien")})
    file = folder / "documents" / NAME
    for paths in ([], [file]):
        found = [one for one in inspect(paths, folder, KNOWLEDGE, START.date()) if not one.warning]
        assert [(Path(one.path).name, one.line) for one in found] == [(NAME, 32)]


def test_documents_are_found_by_a_few_words(tmp_path: Path) -> None:
    """By id, by title, by some of the words, and near enough; several are all given."""
    templates = tuple(loaded(tmp_path).templates.values())
    for text in ("notification-cnil", "Notification à la CNIL", "cnil", "notificaton cnil"):
        assert [one.id for one in matching(templates, text)] == ["notification-cnil"]
    assert matching(templates, "xyzzy") == []
    everything = tuple(replace(one, head=replace(one.head, title="Lettre")) for one in templates)
    assert len(matching(everything, "lettre")) == len(templates)


def test_the_list_of_names_is_that_of_the_format() -> None:
    """The names promised to who writes a template, each there."""
    listed = known_names(real_plan("rancongiciel"))
    for name in (
        "etablissement.nom",
        "crise.ouverte_a",
        "instants.t_dp.date_heure",
        "roles.dpo.noms",
        "obligations.plainte.motif_retard",
        "etapes.bloquees[].preuve",
        "reponses.message-rancon",
        "pieces[].empreinte",
        "services_touches[]",
    ):
        assert name in listed, name


# -- words to read again --------------------------------------------------------------------------


def test_cautions_quote_their_sentence_once(tmp_path: Path) -> None:
    """The words of the list, and what identifies a patient, which is not repeated."""
    rules = loaded(tmp_path).cautions
    text = (
        "Nous soupçonnons des pirates russes. Rien d'autre.\nPatient né le 03/02/1961, en dialyse."
    )
    first, second = cautions(text, rules, START.date())
    assert first.told.startswith("« Patient né le [date de naissance retirée], en dialyse. »")
    assert second.sentence == "Nous soupçonnons des pirates russes."
    assert "un tiers non identifié" in second.told
    assert cautions(STAFF, rules, START.date()) == ()


def test_without_the_file_identifiers_are_still_looked_for(tmp_path: Path) -> None:
    """No list, no words; a broken list is a fault."""
    assert load_cautions(tmp_path / "absent.yaml", "absent.yaml") == (Cautions(), [])
    assert cautions("né le 03/02/1961", Cautions(), START.date()) != ()
    broken = tmp_path / "m.yaml"
    broken.write_text("cautions: [{id: a}]", encoding="utf-8")
    made, faults = load_cautions(broken, "m.yaml")
    assert made is None
    assert "il manque" in str(faults[0])

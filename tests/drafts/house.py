"""The playbooks of the house with two documents of our own, and a crisis to fill them from."""

import shutil
from pathlib import Path

from bot.core.crisis import Actor
from bot.core.instants import RecordInstant
from bot.core.notes import AddNote, TakeDecision
from bot.core.opening import OpenCrisis
from bot.core.people import GiveRole
from bot.drafts.data import Known
from bot.drafts.draft import Draft, draft
from bot.drafts.template import Template
from bot.library.documents import Documents, load_documents
from tests.core.plans import BRUNO, PLAYBOOKS, START, H, Room, real_plan

FIELDS = """\
fields:
  - {id: nombre_personnes, label: Nombre de personnes, help: Même approché., kind: number}
  - {id: patients_touches, label: Des patients sont-ils touchés ?, kind: yesno}
  - {id: date_debut, label: Début de la violation, kind: date, required: true}
  - id: origine
    label: Origine
    kind: choice
    choices: [externe, interne, inconnu]
"""
CAUTIONS = """\
verified: 2026-11-21
cautions:
  - id: attribution
    words: [pirates russes]
    why: l'attribution revient à l'enquête
    write: un tiers non identifié
"""
NOTICE = """\
---
id: notification-cnil
title: Notification à la CNIL
kind: document
duty: cnil-initiale
prepared_by: dpo
signer: directeur-crise
recipient: CNIL
channel: Téléservice de la CNIL
annexes: [Chronologie]
sources: [cnil-notifier]
checked: 2026-11-21
confidence: medium
caveats: [Relisez le formulaire en ligne.]
fields:
  - nombre_personnes
  - date_debut
  - patients_touches
  - {id: faits, label: Les faits, kind: long, sensitive_hint: Aucun nom de patient.}
  - {id: decouverte, label: Découverte, known: instants.t_dp.date_heure}
---
**Établissement** : {{ etablissement.nom }} ({{ etablissement.statut }})

Violation connue le {{ champ.decouverte }}, notée {{ instants.t_dp.date_heure | horodate }}.

Début : {{ champ.date_debut }}. Personnes : {{ champ.nombre_personnes }}.

{% if champ.patients_touches %}
Des patients sont touchés.
{% endif %}

Les faits : {{ champ.faits }}

| Heure | Décision | Ligne |
|---|---|---|
{% for une in decisions %}
| {{ une.heure }} | {{ une.texte }} | {{ une.ligne }} |
{% endfor %}

DPO : {{ roles.dpo.noms }}. Échéance : {{ obligations.cnil-initiale.echeance }}.
"""
STAFF = """\
---
id: message-personnel
title: Message au personnel
kind: message
prepared_by: communication
signer: directeur-crise
recipient: Tout le personnel
channel: Affichage
fields: [nombre_personnes]
---
Nous sommes {{ champ.nombre_personnes }}. Ne redémarrez rien.
"""


def playbooks(folder: Path, **files: str) -> Path:
    """The house's playbooks in ``folder``, with these documents (by file name) beside ours."""
    target = folder / "playbooks"
    shutil.copytree(PLAYBOOKS, target, ignore=shutil.ignore_patterns("documents"))
    for found in target.glob("*.yaml"):
        text = found.read_text(encoding="utf-8")
        kept = [row for row in text.splitlines() if not row.strip().startswith("document:")]
        found.write_text("\n".join(kept) + "\n", encoding="utf-8")
    documents = {
        "champs.yaml": FIELDS,
        "mises-en-garde.yaml": CAUTIONS,
        "notification-cnil.md": NOTICE,
        "message-personnel.md": STAFF,
        **files,
    }
    (target / "documents").mkdir()
    for name, text in documents.items():
        (target / "documents" / name).write_text(text, encoding="utf-8")
    return target


def loaded(folder: Path, **files: str) -> Documents:
    """What those files give."""
    return load_documents(playbooks(folder, **files))


def crisis(*, exercise: bool = False) -> Room:
    """An hour of ransomware: two decisions, one instant, a DPO; nothing else is known."""
    plan = real_plan("rancongiciel")
    room = Room()
    room.does(OpenCrisis("Écrans de rançon", plan, START, exercise=exercise))
    room.wait(H)
    room.does(RecordInstant("t_dp", START, "about", "Bruno Fictif", "écrans vus"), by=BRUNO)
    room.does(GiveRole("dpo", Actor("U3", "Diane Inventée")))
    room.does(TakeDecision("Couper Internet"), TakeDecision("Passer au papier"))
    room.does(AddNote("Réanimation au papier"))
    return room


def known(room: Room) -> Known:
    """What is known in the room now."""
    return Known(room.crisis, room.now, "ab" * 32)


def drawn(template: Template, room: Room) -> Draft:
    """A document filled from the room."""
    return draft(template, known(room))

"""A small hospital in files: two folders that load without a fault, to be edited by the tests."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from bot.library.search import Library, open_library
from bot.library.vectors import HashEmbedder

SOURCES = """\
sources:
  - {id: guide, title: Guide, publisher: Agence fictive, date: "2026", where: page 3}
  - {id: loi, title: Loi, publisher: État fictif, date: "2025", where: art. 1, confidence: medium}
"""
CELL = """\
roles:
  - {id: dsi, title: Direction informatique, cell: cyber, first_hour: Coupez., sources: [guide]}
  - {id: dpo, title: Protection des données, cell: decision, first_hour: Évaluez.}
levels:
  - {id: n1, title: Limité, meaning: quelques fichiers}
distinct: [[dsi, dpo]]
"""
OBLIGATIONS = """\
checked: 2026-11-21
instants:
  - {id: t_dp, title: Violation connue, definition: Quand vous savez., sources: [loi]}
duties:
  - id: cnil
    ref: K2
    title: Notifier la CNIL
    starts: {instant: t_dp}
    nature: legal
    within: 72 h
    watch: [1 h, 4 h]
    wording: 72 heures au plus tard
    role: dpo
    signer: dsi
    recipient: CNIL
    channel: téléservice
    legal_basis: art. 33
    caveats:
      - Les nuits et les jours fériés comptent.
      - Un envoi tardif reste dû.
    asks: [combien de temps pour la cnil]
    sources: [loi]
"""
HOUSE = """\
name: Hôpital fictif
status: eps
timezone: Europe/Paris
flags: {ose: false}
people:
  - {name: Zébulon Personnage, slack: U0ZEBULON, roles: [dsi]}
contacts:
  - {id: garde, name: Garde informatique, phone: 01 99 00 00 01}
"""
PLAYBOOK = """\
# yaml-language-server: $schema=schema/playbook.json
id: rancongiciel
title: Rançongiciel
version: "2026-11-21"
summary: Que faire quand les fichiers sont chiffrés.
hints: [rançon, fichiers chiffrés]
questions:
  - {id: reseau, ask: Le réseau est-il coupé ?}
phases:
  - id: contenir
    title: Contenir
    steps:
      - id: isoler
        title: Isoler les postes
        role: dsi
        within: 30 min
        text: |
          Débranchez le câble réseau.
          Laissez le poste allumé.

        never: Ne redémarrez pas.
        when: {reseau: [oui, inconnu]}
        asks: [on eteint les pc ?]
        sources: [guide]
      # un commentaire
      - id: notifier
        title: Notifier
        role: dpo
        after: [isoler]
        text: Préparez la notification.
        duty: cnil
        instants: [t_dp]
        outcomes: [Reportée, {label: Envoyée, settles: sent}]
"""
INCIDENT = """\
---
id: valmont-2024
kind: incident
title: Hôpital de Valmont, mars 2024
establishment: Hôpital de Valmont (fictif)
country: France
happened: 2024-03
attack: rançongiciel
playbooks: [rancongiciel]
hit: [messagerie, imagerie]
actor: non communiqué
lesson: Testez les sauvegardes [P1].
asks: [que s'est-il passé à valmont]
verified: 2026-11-21
sources:
  - {id: P1, title: Un article, publisher: Journal fictif, date: "2024", where: page 2}
  - {ref: guide}
---

## En bref

La messagerie est restée coupée onze jours [P1].

## Leçons

- Les sauvegardes hors ligne ont servi à tout reconstruire [P1].
- Le papier a tenu trois semaines [guide].
"""
REPERE = """\
---
id: papier
kind: repere
title: Travailler sur papier
verified: 2026-11-21
asks: [plus de dossier patient on fait quoi]
sources:
  - {ref: guide}
---

## En bref

Sortez les formulaires de secours de l'armoire [guide].

Numérotez chaque feuille [guide].
"""
GLOSSARY = """\
sms: {koi: quoi, cb: combien, pr: pour}
groups:
  - {term: sauvegarde, variants: [backup, copie de secours], english: backup}
  - {term: plainte, variants: [dépôt de plainte], excluded: [pré-plainte]}
"""
SCOPE = """\
subjects:
  - id: medical
    title: avis médical
    words: [posologie*, quelle dose]
    unless: [panne]
    reply: Appelez le médecin.
"""

PLAYBOOKS = {
    "sources.yaml": SOURCES,
    "cellule.yaml": CELL,
    "obligations.yaml": OBLIGATIONS,
    "etablissement.yaml": HOUSE,
    "rancongiciel.yaml": PLAYBOOK,
}
KNOWLEDGE = {
    "incidents/valmont-2024.md": INCIDENT,
    "reperes/papier.md": REPERE,
    "glossaire.yaml": GLOSSARY,
    "hors-champ.yaml": SCOPE,
}

Edit = Callable[[str, str, str], int]


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def playbooks(tmp_path: Path) -> Path:
    """A folder of playbooks without a fault."""
    return _write(tmp_path / "playbooks", PLAYBOOKS)


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    """A folder of write-ups without a fault."""
    return _write(tmp_path / "knowledge", KNOWLEDGE)


@pytest.fixture
def edit(tmp_path: Path) -> Edit:
    """Replace a text by another in a file of the two folders; gives the line of the new one."""

    def replace(name: str, old: str, new: str) -> int:
        file = tmp_path / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return text.count("\n", 0, text.index(old)) + 1

    return replace


class _InMemory:
    """The offline vectors without Chroma: the nearest by dot product."""

    ready = True
    weight = 1.0

    def __init__(self, library: Library) -> None:
        self._model = HashEmbedder()
        passages = library.corpus.passages
        texts = [passage.indexed for passage in passages]
        self._model.learn(texts)
        ids = [passage.id for passage in passages]
        self._rows = list(zip(ids, self._model.documents(texts), strict=True))

    def nearest(self, question: str, words: Mapping[str, float], k: int) -> list[str]:
        """Ids of the nearest passages."""
        asked_for = self._model.question(question, words)
        near = [
            (sum(a * b for a, b in zip(asked_for, row, strict=True)), name)
            for name, row in self._rows
        ]
        return [name for _, name in sorted(near, reverse=True)[:k]]


@pytest.fixture
def by_words(playbooks: Path, knowledge: Path) -> Library:
    """The small hospital's library, vectors away."""
    return open_library(playbooks, knowledge)[0]


@pytest.fixture
def library(by_words: Library) -> Library:
    """The small hospital's library, with vectors."""
    by_words.attach(_InMemory(by_words))
    return by_words

"""How each word of ``/crise`` is done at a terminal: one table for all of them.

A word that opens a form in Slack is typed here in one line, or asked field by field of somebody who
sits at the keyboard: the answers make the same line, which the same grammar reads.  What cannot be
done here says where it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.errors import Refused
from bot.grammar import Word

Ask = Callable[[str], str]
"""Put one question to who sits at the keyboard; what they typed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is asked."""

    prompt: str
    needed: bool = True
    before: str = " "
    """What stands between the line so far and the answer."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a word is done here."""

    fields: tuple[Field, ...] = ()
    """What is asked when the word comes alone (or as what only opens its form)."""
    elsewhere: str = ""
    """Where it is done instead; ``{}`` is the crisis."""


_STEP: Final = Field("Étape (R05)")
_DUTY: Final = Field("Obligation (voir « échéances »)")
_REASON: Final = Field("Raison")
_WHY: Final = Field("Raison (vide : aucune)", needed=False)
_WHEN: Final = Field("Heure, si c'est passé (03:10, vers 3h ; vide : maintenant)", needed=False)
_AT: Final = Field("Heure (03:10, vers 3h, maintenant)")
_TEXT: Final = Field("Texte")
_LINE: Final = Field("Ligne de la main courante")
_SOMEBODY: Final = Field("À qui (@prénom)")
_SHOWN: Final = Way()

WAYS: Final[Mapping[str, Way]] = {
    "déclarer": Way(elsewhere='tocsin act nouvelle "ce qui se passe" --as VOUS'),
    "exercice": Way(
        elsewhere='tocsin act nouvelle "titre" --exercise --as VOUS ouvre un exercice ; un '
        "scénario se joue et se conduit dans Slack"
    ),
    "aide": _SHOWN,
    "étapes": _SHOWN,
    "étape": Way(
        (
            Field("Titre de l'étape"),
            Field("Rôle qui la tient (vide : aucun)", needed=False, before=" ; "),
            Field("Délai (45 min, 2 h ; vide : aucun)", needed=False, before=" ; "),
        )
    ),
    "état": _SHOWN,
    "compteur": Way((Field("Compteur"), Field("Total, ou +nombre"))),
    "ultimatum": Way((Field("Échéance (demain 18:00)"), Field("Ce qui est exigé"))),
    "échéances": _SHOWN,
    "point": _SHOWN,
    "rôle": _SHOWN,
    "rôles": _SHOWN,
    "relève": _SHOWN,
    "absent": _SHOWN,
    "présent": _SHOWN,
    "constat": Way(
        (Field("Instant (t_dp, t_sis…)"), _AT, Field("Preuve (vide : aucune)", needed=False))
    ),
    "décision": Way((_WHEN, _TEXT)),
    "note": Way((_WHEN, _TEXT)),
    "papier": Way((Field("Numéro de la feuille (P-012)"), _AT, _TEXT)),
    "corriger": Way((_LINE, Field("Nouveau texte"))),
    "question": Way(elsewhere='tocsin ask "votre question"'),
    "document": _SHOWN,
    "champ": Way((Field("Champ"), Field("Valeur, ou inconnu"))),
    "avis": Way((Field("Ligne de la question"), Field("utile ou faux"), _WHY)),
    "playbook": Way(
        elsewhere="tocsin diff {} montre ce qui a changé ; adopter ou modifier se fait dans Slack"
    ),
    "retex": Way(elsewhere="le brouillon du retour d'expérience se reçoit dans Slack, plus tard"),
    "journal": _SHOWN,
    "exporter": Way(elsewhere="tocsin export {} --output FICHIER"),
    "effacer": Way((Field("Lignes à effacer"),)),
    "vérifier": _SHOWN,
    "audit": Way(elsewhere="tocsin crises"),
    "clore": _SHOWN,
    "rouvrir": Way((_REASON,)),
    "niveau": Way((Field("Niveau"), _WHY)),
    "prendre": Way((_STEP,)),
    "fait": Way(
        (
            _STEP,
            Field("Issue (vide : aucune)", needed=False),
            Field("Preuve (vide : aucune)", needed=False),
        )
    ),
    "écarter": Way((_STEP, _REASON)),
    "bloquer": Way((_STEP, _REASON)),
    "confier": Way((_STEP, _SOMEBODY)),
    "refaire": Way((_STEP, _WHY)),
    "réponse": Way((Field("Question"), Field("Réponse"))),
    "issue": Way((_DUTY, Field("envoyée, non-due ou remplacée"), Field("Preuve ou raison"))),
    "opinion": Way((_DUTY, Field("Avis"))),
    "retard": Way((_DUTY, Field("Raisons"))),
    "reprendre": Way((_DUTY, _REASON)),
}


def completed(word: Word, so_far: str, ask: Ask) -> str:
    """The whole line of a word, its fields asked one by one; ``Refused`` when one is missing."""
    line = so_far
    for number, field in enumerate(WAYS[word.name].fields):
        said = " ".join(ask(f"{field.prompt} : ").split())
        if not said and field.needed:
            raise Refused("Rien n'a été écrit, rien n'est enregistré.")
        if said:
            line += f"{field.before if number else ' '}{said}"
    return line


def missing(word: Word) -> Refused:
    """Why a word alone does nothing here."""
    return Refused(f"« {word.name} » demande plus de précisions : « {word.usage} ».")


def elsewhere(word: Word, crisis: str) -> Refused:
    """Where a word is done instead."""
    return Refused(f"Ici, faites : {WAYS[word.name].elsewhere.format(crisis)}")

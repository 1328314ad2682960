"""What in a French text is a statement of law, a figure, a date or a number to call.

Such a statement needs a source.  Patterns only: whether the source says it is for people to judge.
Durations count when the sentence is about a duty; « trente minutes debout » is an instruction.
"""

import re
from collections.abc import Iterator

_DUTY = re.compile(
    r"délais?\b|échéance|plainte|cnil|rgpd|notifi|déclar|signal|légal|amende|puni|peine|assureur"
    r"|ouvr(?:és|ables)|sanction|article|loi\b|décret",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"\b\d+(?:\s|\u00a0|\u202f)?(?:heures?|h|jours?|j|mois|ans|années?)\b(?!\s?\d)", re.IGNORECASE
)
_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "texte de loi",
        re.compile(
            r"\bart(?:icles?|\.)(?:\s|\u00a0)*(?:[LRDA]\.?\s?)?\d"
            r"|\b[LRD]\.?\s?\d{3,4}(?:-\d+)+"
            r"|\bcode (?:pénal|des assurances|de la santé publique|de procédure pénale"
            r"|de la défense|civil)\b"
            r"|\b(?:loi|décret|arrêté|règlement|directive|instruction)\b[^.;]{0,30}?\b\d"
            r"|\bRGPD\b",
            re.IGNORECASE,
        ),
    ),
    (
        "numéro d'appel",
        re.compile(r"\b0\d(?:[ .\u00a0\u202f]?\d\d){4}\b|\b(?:au|le|numéro)\s3\d{3}\b"),
    ),
    (
        "montant",
        re.compile(
            r"\d(?:[\d ,.\u00a0\u202f]*\d)?(?:\s|\u00a0|\u202f)?"
            r"(?:(?:millions?|milliards?)\s(?:d['’]euros?|de\s\w+)|[kM]?€|euros?\b|dollars?\b)"
        ),
    ),
    ("pourcentage", re.compile(r"\d(?:[\s\u00a0\u202f])?%")),
    ("année", re.compile(r"\b(?:19|20)\d\d\b(?![-/]\d)")),
)
_END = re.compile(r"(?<=[.!?…;])\s+|\n")


def statements(text: str) -> Iterator[tuple[str, str]]:
    """Each kind of statement in the text with the words that make it one, at most once a kind."""
    for kind, pattern in _NUMBERS:
        if found := pattern.search(text):
            yield kind, found[0].strip()
    for sentence in _END.split(text):
        if _DUTY.search(sentence) and (found := _DURATION.search(sentence)):
            yield "délai", found[0].strip()
            return

"""The one error tree: what goes wrong in the world, with a French sentence that says what to do.

TocsinError
├── Refused            a rule of the crisis says no; nothing was recorded
├── BadFile            a file that people edit cannot be used (file, line, reason)
├── SettingError       a setting is missing or wrong
├── JournalBroken      the journal no longer verifies
├── StoreUnavailable   the database cannot be read or written now
├── Conflict           somebody else wrote first: decide again on the new state
└── OutsideService     Slack, a model or a stamping authority did not answer

Every error carries two texts: the *sentence* for the people in the room (French, no blame, what to
do next) and the *detail* for the log (English, may be empty).  Faults of the programmer are not
here: they stay ``TypeError``, ``ValueError`` and so on, and crash.
"""

import errno
from pathlib import Path
from typing import ClassVar

_REASONS = {
    errno.ENOENT: "introuvable",
    errno.EACCES: "accès refusé",
    errno.EPERM: "accès refusé",
    errno.EISDIR: "c'est un dossier",
    errno.ENOTDIR: "un fichier est à la place d'un dossier",
    errno.EEXIST: "il existe déjà",
    errno.ENOTEMPTY: "dossier non vide",
    errno.ENOSPC: "disque plein",
    errno.EDQUOT: "quota atteint",
    errno.EFBIG: "trop gros",
    errno.EROFS: "disque en lecture seule",
    errno.ENAMETOOLONG: "nom trop long",
    errno.ELOOP: "lien qui tourne en rond",
    errno.EIO: "erreur du disque",
    errno.EMFILE: "trop de fichiers ouverts",
    errno.ENFILE: "trop de fichiers ouverts",
    errno.EBUSY: "occupé",
    errno.ECONNREFUSED: "connexion refusée",
    errno.ECONNRESET: "connexion coupée",
    errno.ENETUNREACH: "réseau injoignable",
    errno.EHOSTUNREACH: "machine injoignable",
    errno.ETIMEDOUT: "pas de réponse",
}


def reason(error: OSError) -> str:
    """Why the system refused a file, in a few words of French; its number for what is rare."""
    return _REASONS.get(error.errno or 0, f"erreur {error.errno or 'inconnue'} du système")


class TocsinError(Exception):
    """Something in the world that the caller can tell people about."""

    usual: ClassVar[str] = (
        "L'opération n'a pas abouti. Réessayez\u00a0; si cela persiste, prévenez la DSI."
    )
    """The sentence shown when the one who raises has nothing more precise to say."""

    def __init__(self, sentence: str = "", *, detail: str = "") -> None:
        """Keep the sentence for people and the detail for the log."""
        super().__init__(sentence or self.usual)
        self.sentence = sentence or self.usual
        self.detail = detail

    def for_people(self) -> str:
        """A French sentence that says what to do."""
        return self.sentence

    def __str__(self) -> str:
        """Sentence, then detail: what a log line shows."""
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence


class Refused(TocsinError):
    """A rule says no: the sentence goes to the person who asked, and nothing is recorded."""

    usual = "Cette action n'est pas possible maintenant."


class BadFile(TocsinError):
    """A file that people edit cannot be used as it is."""

    def __init__(self, path: str | Path, line: int, message: str) -> None:
        """Say which file, which line (from 1; 0 when no line makes sense) and, in French, why."""
        place = f"{path}:{line}" if line else str(path)
        super().__init__(f"{place}\u00a0: {message}")
        self.path = str(path)
        self.line = line
        self.message = message


class SettingError(TocsinError):
    """A setting is missing, wrong, or asks for something that is not installed."""

    usual = "Un réglage est incorrect. Vérifiez le fichier .env."


class JournalBroken(TocsinError):
    """The journal does not verify: it must be kept as it is and looked at."""

    usual = (
        "La main courante ne se vérifie plus. N'y touchez pas, "
        "copiez le fichier à l'abri et prévenez le RSSI."
    )


class StoreUnavailable(TocsinError):
    """The database cannot be read or written now: full, read-only, locked or away."""

    usual = (
        "La main courante ne peut pas être écrite pour l'instant. "
        "Notez sur papier et prévenez la DSI."
    )


class Conflict(TocsinError):
    """Somebody else wrote first: the caller reads again and decides on the new state."""

    usual = "Une autre personne vient d'agir. Vérifiez l'état, puis recommencez."


class OutsideService(TocsinError):
    """A service that is not ours did not answer, or refused."""

    def __init__(self, service: str, sentence: str = "", *, detail: str = "") -> None:
        """Name the service; the sentence defaults to saying that it does not answer."""
        super().__init__(
            sentence
            or f"{service} ne répond pas. La main courante continue\u00a0; "
            "réessayez dans une minute.",
            detail=detail,
        )
        self.service = service

"""Step 12: each line is signed with a key that the auditor has from outside, or its successor.

A change of key is an entry: signed with the key before it, it hands its trust on to the next.  When
that key was lost, nothing hands anything on: the next one must have been given too.  A key that
takes over in the middle covers what comes before it as well, since what it signs names the hash of
everything before.
"""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Protocol

from bot.journal.lines import Found


class Key(Protocol):
    """Whoever can say that an entry was signed; its text is ``name+id+base64``."""

    def signed_entry(self, line_hash: str, sig: str) -> bool:
        """Whether the entry with that line hash bears this signature."""
        ...


def _signs(key: Key, line_hash: str, sig: str) -> bool:
    """Whether this key signed; a signature has one spelling, which base64 alone does not ask."""
    return key.signed_entry(line_hash, sig) and b64encode(b64decode(sig)).decode() == sig


class Trust:
    """Which key must have signed the next line; without any key given, nothing is asked."""

    def __init__(self, given: Sequence[Key] = ()) -> None:
        """Start before the first line, with the keys that the auditor brought."""
        self._given = given
        self._current: Key | None = None
        self._handed_over = True
        self.first = 0
        """The first line whose signature was found to be good; 0 while there is none."""
        self.signed = 0
        """How many were."""

    def check(self, seq: int, line_hash: str, sig: str | None) -> None:
        """Look at the signature of this line; ``Found`` when it is not what it must be."""
        if not self._given:
            return
        if self._current is None:
            self._begin(line_hash, sig)
        elif sig is None:
            raise Found(12, "La ligne n'est pas signée.", seq)
        elif not _signs(self._current, line_hash, sig):
            raise Found(12, "La signature n'est pas celle de la clé donnée.", seq)
        if self._current is not None:
            self.first = self.first or seq
            self.signed += 1

    def _begin(self, line_hash: str, sig: str | None) -> None:
        """See whether a given key signs from here; asked at the start and after each change."""
        if self._handed_over and sig is not None:
            fits = (one for one in self._given if _signs(one, line_hash, sig))
            self._current = next(fits, None)
        self._handed_over = False

    def rotate(self, new: Key) -> None:
        """From the next line on, this key signs: the one before has said so."""
        if self._current is not None:
            self._current = new
        self._handed_over = True

    def replace(self, seq: int, new: Key) -> None:
        """From this line on another key signs, and no other vouches for it: was it given?"""
        if self._current is not None and str(new) not in map(str, self._given):
            raise Found(
                12,
                "La clé a été remplacée ici sans l'accord de la précédente, déclarée perdue. Si "
                f"l'établissement vous a remis la nouvelle, ajoutez-la\u00a0: --key {new}",
                seq,
            )
        if self._current is not None:
            self._current = new
        self._handed_over = True

    def finish(self) -> None:
        """At the end: ``Found`` when no line was signed with a key that was given."""
        if self._given and not self.first:
            raise Found(12, "Aucune ligne n'est signée par la clé donnée.", 1)

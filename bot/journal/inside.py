"""What a journal says of itself, held against its own lines: steps 13 to 15 of verification.

13. A line without its body is lawful when a later line of erasure names it, and its kind is one
    that may be erased; the line itself, its time and its place in the chain stay.
14. A checkpoint states the number and the hash of all that comes before it, in a note signed with
    the key of the journal at that point; a change of key is signed with the key before, or says
    that it was lost.
15. A time stamp is a token on the note of a checkpoint that came before.  It brackets the lines: in
    that checkpoint means before the token, after its receipt means after it.

What needs a library says so when it is not there, and is not taken for checked: signatures ask for
cryptography, the authority behind a token for rfc3161-client and its certificates.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from bot.journal.copies import KEYS, NOTES, PIECES, TOKENS, Keys, note_name, token_name
from bot.journal.lines import Found
from bot.journal.token import Token, read_token
from bot.journal.trust import Key

if TYPE_CHECKING:
    from bot.journal.seal import VerifierKey
    from bot.journal.stamp import Pins

LASTING: Final = frozenset((
    "anchor_delayed", "anchor_dropped", "anchor_received", "briefing_raised", "channel_opened",
    "checkpoint_sealed", "clock_behind", "crisis_opened", "drill_paced", "drill_started",
    "erasure_asked", "erasure_refused", "export_made", "gap_filled", "gap_found",
    "handover_dropped", "handover_proposed", "handover_taken", "holder_away", "holder_back",
    "inject_played", "inject_skipped", "journal_consulted", "key_rotated", "lines_erased",
    "member_joined", "member_left", "plan_adopted", "question_answered", "reminder_raised",
    "role_given", "role_released", "step_assigned", "step_taken", "verification_made",
))  # fmt: skip
"""Kinds whose body never goes: a hole there is a fault, whatever names it."""
MOST_HOLLOW: Final = 100_000
"""Lines without a body that may wait for their erasure to be read."""
NOTES_KEPT: Final = 10_000
"""The newest checkpoints, to which a token may still belong; a receipt takes minutes."""


@dataclass(frozen=True, slots=True)
class At:
    """The line being read: its place, the hash before it and its own, its signature."""

    crisis: str
    seq: int
    before: str
    head: str
    recorded: datetime
    sig: str | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A checkpoint as its line states it."""

    head: str
    note: str
    recorded: datetime


@dataclass(frozen=True, slots=True)
class Stamped:
    """A time stamp: so many lines existed at ``time``, what follows line ``seq`` came after it.

    ``written`` and ``received`` are the journal's own times, of the checkpoint and of the receipt;
    ``vouched`` says whether the authority was checked against certificates.
    """

    size: int
    seq: int
    time: datetime
    authority: str
    written: datetime
    received: datetime
    vouched: bool


@dataclass(slots=True)
class Inside:
    """What the lines read so far have said."""

    pins: "Pins | None" = None
    pinned_outside: bool = False
    """Whether the certificates come from the auditor: what they refuse is then a fault."""
    copies: dict[str, str] = field(default_factory=dict)
    """SHA-256 of the copies in the bundle, each taken away once the journal has said the same."""
    hollow: dict[int, str] = field(default_factory=dict)
    """Lines without their body whose erasure was not met yet, with their kinds."""
    erased: dict[int, int] = field(default_factory=dict)
    """Erased line -> the line that erased it."""
    restored: list[int] = field(default_factory=list)
    """Lines that were erased by the journal's word and whose body is there."""
    keys: Keys = field(default_factory=Keys)
    checkpoints: int = 0
    last: Sealed | None = None
    last_size: int = 0
    unsigned: int = 0
    """Checkpoints whose signature could not be checked for want of the library."""
    other_anchors: int = 0
    """E-mails and messages: somebody else holds them, nothing here can check them."""
    stamps: list[Stamped] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    """What the bundle's own certificates did not confirm."""
    _sealed: dict[int, Sealed] = field(default_factory=dict)

    def empty(self, seq: int, kind: str, body: bool) -> None:
        """A line without its salt: its body must be gone too, and its erasure come later."""
        if body:
            raise Found(9, "Le sel de l'entrée manque.", seq)
        if kind in LASTING:
            raise Found(13, "Le contenu manque et une ligne de cette nature ne s'efface pas.", seq)
        if len(self.hollow) >= MOST_HOLLOW:
            raise Found(13, "Trop de contenus manquent sans ligne d'effacement.", seq)
        self.hollow[seq] = kind

    def take(self, kind: str, body: bytes, at: At) -> None:
        """Hold what this line says against what came before it."""
        step, judge = _JUDGES[kind]
        try:
            judge(self, json.loads(body)["data"], at)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Found(step, "Le contenu de cette ligne de preuve ne se lit pas.", at.seq) from (
                error
            )

    def finish(self) -> None:
        """What can only be said at the end: every hole was named, every copy was met."""
        if self.hollow:
            first = min(self.hollow)
            raise Found(13, "Le contenu de l'entrée manque et aucune ligne ne l'a effacé.", first)
        self._copied(KEYS, self.keys.text().encode())
        left = [name for name in self.copies if name.startswith((NOTES, PIECES, TOKENS))]
        if left:
            raise Found(1, f"{left[0]} n'est pas dans le journal.")

    def vouches(self, note: str, given: Sequence[Key]) -> bool | None:
        """Whether a note from outside bears the signature that it claims.

        ``None`` when it claims none of the keys of this journal, nor one that was given.
        """
        if not note:
            return None
        try:
            from bot.journal.seal import VerifierKey, read_note
        except ImportError:
            return None
        known = {
            VerifierKey.parse(key)
            for key in (*map(str, given), *(one.key for one in self.keys.spans))
        }
        read = read_note(note)
        claimed = [
            key
            for key in known
            for name, id_, _ in read.signatures
            if (key.name, key.id) == (name, id_)
        ]
        return all(map(read.signed_by, claimed)) if claimed else None

    def _copied(self, name: str, content: bytes) -> None:
        """The copy of that name, if the bundle has one, says the same as the journal."""
        expected = self.copies.pop(name, None)
        if expected is not None and sha256(content).hexdigest() != expected:
            raise Found(1, f"{name} ne dit pas la même chose que le journal.")

    # -- 13. erasures -------------------------------------------------------------------------

    def _erasure(self, data: Mapping[str, Any], at: At) -> None:
        for one in data["lines"]:
            seq, kind = one["seq"], one["kind"]
            if self.hollow.get(seq) == kind:
                del self.hollow[seq]
                self.erased[seq] = at.seq
            elif seq not in self.erased and seq not in self.hollow:
                self.restored.append(int(seq))

    # -- 1. pieces ----------------------------------------------------------------------------

    def _file(self, data: Mapping[str, Any], at: At) -> None:
        """A file that was read: if the bundle has it, its content is the one of that day."""
        expected = self.copies.pop(f"{PIECES}{data['sha256']}", data["sha256"])
        if expected != data["sha256"]:
            raise Found(1, f"{PIECES}{data['sha256']} n'a pas le contenu de son nom.", at.seq)

    # -- 14. checkpoints and keys -------------------------------------------------------------

    def _checkpoint(self, data: Mapping[str, Any], at: At) -> None:
        size, head, note, key = data["size"], data["head"], data["note"], data["key"]
        name = key.partition("+")[0]
        text = f"{name}/{at.crisis}\n{size}\n{b64encode(bytes.fromhex(head)).decode()}\n"
        if (size, head) != (at.seq - 1, at.before) or not note.startswith(
            f"{text}\n\u2014 {name} "
        ):
            raise Found(
                14, "Le point de contrôle ne dit pas ce que sont les lignes avant lui.", at.seq
            )
        self._uses(key, at)
        if not self._signed(key, lambda found: _bears(note, found)):
            raise Found(14, "La signature du point de contrôle n'est pas celle de sa clé.", at.seq)
        self.checkpoints += 1
        self.last, self.last_size = Sealed(head, note, at.recorded), size
        self._sealed[size] = self.last
        if len(self._sealed) > NOTES_KEPT:
            del self._sealed[next(iter(self._sealed))]
        self._copied(note_name(size), note.encode())

    def _uses(self, key: str, at: At) -> None:
        """The key of the journal at this point: the first one seen is so from the first line."""
        if not self.keys.named(key):
            raise Found(14, "La clé nommée ici n'est pas celle du journal à cet endroit.", at.seq)

    def _rotation(self, data: Mapping[str, Any], at: At) -> None:
        old, new, lost = data["old"], data["new"], bool(data["lost"])
        self._uses(old, at)
        signer = new if lost else old
        if not self._signed(signer, lambda found: found.signed_entry(at.head, at.sig or "")):
            raise Found(14, "Le changement de clé n'est pas signé par la clé qu'il faut.", at.seq)
        self.keys.changed(new, at.seq, lost=lost)

    def _signed(self, key: str, judge: Callable[["VerifierKey"], bool]) -> bool:
        """Whether this key signed; without the library it is counted, and said."""
        try:
            return judge(_parsed(key))
        except ImportError:
            self.unsigned += 1
            return True

    # -- 15. anchors --------------------------------------------------------------------------

    def _anchor(self, data: Mapping[str, Any], at: At) -> None:
        sealed = self._sealed.get(data["size"])
        if sealed is None or sealed.head != data["head"]:
            raise Found(
                15, "Le dépôt porte sur un point de contrôle que le journal n'a pas.", at.seq
            )
        if data["kind"] != "rfc3161":
            self.other_anchors += 1
            return
        answer = b64decode(data["receipt"], validate=True)
        token = read_token(answer)
        if not token.covers(sealed.note.encode()):
            raise Found(15, "Le jeton porte sur un autre texte que ce point de contrôle.", at.seq)
        if data["stamped"] and datetime.fromisoformat(data["stamped"]) != token.time:
            raise Found(15, "L'heure notée ici n'est pas celle que dit le jeton.", at.seq)
        self._copied(token_name(data["size"], at.seq), answer)
        vouched = self._vouched(answer, sealed, token, at)
        self.stamps.append(
            Stamped(
                data["size"],
                at.seq,
                token.time,
                token.authority,
                sealed.recorded,
                at.recorded,
                vouched,
            )
        )

    def _vouched(self, answer: bytes, sealed: Sealed, token: Token, at: At) -> bool:
        """Whether the authority is one of those whose certificates we have."""
        if self.pins is None:
            return False
        from bot.journal.stamp import check_token

        problems = check_token(answer, sealed.note.encode(), self.pins)
        if problems and self.pinned_outside:
            raise Found(15, f"Jeton de « {token.authority} »\u00a0: {problems[0]}", at.seq)
        if problems:
            self.doubts.append(f"Ligne {at.seq}\u00a0: {problems[0]}")
        return not problems


@lru_cache(maxsize=8)
def _parsed(key: str) -> "VerifierKey":
    """The key behind this text; ``ValueError`` when it is none, ``ImportError`` without library."""
    from bot.journal.seal import VerifierKey

    return VerifierKey.parse(key)


def _bears(note: str, key: "VerifierKey") -> bool:
    """Whether the note bears this key's signature."""
    from bot.journal.seal import read_note

    return read_note(note).signed_by(key)


_JUDGES: Final[Mapping[str, tuple[int, Callable[[Inside, Mapping[str, Any], At], None]]]] = {
    "file_read": (1, Inside._file),
    "lines_erased": (13, Inside._erasure),
    "checkpoint_sealed": (14, Inside._checkpoint),
    "key_rotated": (14, Inside._rotation),
    "anchor_received": (15, Inside._anchor),
}
SPEAK: Final = frozenset(_JUDGES)
"""The kinds whose bodies are read."""

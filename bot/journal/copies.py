"""What a bundle holds beside its journal and copies from it: notes, tokens, keys.

They are there for those who check with other programs (``openssl``, ``sha256sum``); the journal is
what they are held against.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

NOTES: Final = "points-de-controle/"
TOKENS: Final = "jetons/"
CERTIFICATES: Final = f"{TOKENS}certificats.pem"
"""The authorities' certificates, as the settings had them on the day of the export."""
KEYS: Final = "cles.txt"
PIECES: Final = "pieces/"
"""Files put in the channel, each named by the SHA-256 that the journal has of it."""


@dataclass(frozen=True, slots=True)
class KeySpan:
    """A public key (``name+id+base64``) and the first line that it signs.

    ``lost`` says that the key before it could not sign the change.
    """

    key: str
    first: int
    lost: bool = False


class Keys:
    """The keys of a journal in the order in which it names them."""

    def __init__(self) -> None:
        """Start before the first is named."""
        self.spans: list[KeySpan] = []

    def named(self, key: str) -> bool:
        """Whether this is the key in use; the first one named is so from the first line.

        ``TypeError`` for what is no text: it was read from a body that may say anything.
        """
        _require_text(key)
        if not self.spans:
            self.spans.append(KeySpan(key, 1))
        return self.spans[-1].key == key

    def changed(self, new: str, seq: int, *, lost: bool) -> None:
        """Line ``seq`` says that another key signs; a lost one did not sign that line itself."""
        _require_text(new)
        self.spans.append(KeySpan(new, seq if lost else seq + 1, lost))

    def text(self) -> str:
        """The keys, one a line, each after a comment."""
        return "".join(_span_lines(self.spans))


def _require_text(key: object) -> None:
    if not isinstance(key, str):
        raise TypeError("a key is a text")


def note_name(size: int) -> str:
    """Where the signed note of the checkpoint of so many lines lies."""
    return f"{NOTES}{size:07d}.note"


def token_name(size: int, seq: int) -> str:
    """Where a token on that checkpoint lies, received at line ``seq``."""
    return f"{TOKENS}{size:07d}-{seq:07d}.tsr"


def _span_lines(spans: Sequence[KeySpan]) -> Iterator[str]:
    for span in spans:
        lost = ", la clé précédente étant perdue" if span.lost else ""
        yield f"# à partir de la ligne {span.first}{lost}\n{span.key}\n"

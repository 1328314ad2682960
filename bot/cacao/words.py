"""Small words: what is a text in somebody else's file, and a stable id made of a title."""

import re
import unicodedata

_LONGEST = 60


def text_of(value: object) -> str:
    """The value when it is a text, else nothing."""
    return value.strip() if isinstance(value, str) else ""


def slug(title: str) -> str:
    """An id of the files: a-z, 0-9 and hyphens, from whatever people call it."""
    plain = unicodedata.normalize("NFKD", title.replace("œ", "oe").replace("'", " "))
    kept = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", kept)[:_LONGEST].strip("-")


def quoted(text: str) -> str:
    """A text between French quotation marks, on one line."""
    return f"«\u00a0{' '.join(text.split())}\u00a0»"

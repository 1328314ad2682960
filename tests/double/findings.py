"""What a check of blocks finds wrong, each with its JSON pointer, and the text objects.

Text is the leaf of every block and element, so its rules live here, beside the list of findings
that all the checks share.  Lengths are code points; Slack's own unit is not documented.
"""

from collections.abc import Iterable
from typing import Any

from tests.double.rules import Json


class Findings:
    """A list of problems, written as Slack writes them."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self.problems: list[str] = []

    def add(self, problem: str, path: str) -> None:
        """Note a problem at a place."""
        self.problems.append(f"{problem} [json-pointer:{path}]")

    def keys(self, thing: Json, allowed: Iterable[str], path: str) -> None:
        """Refuse properties that Slack does not know there."""
        for key in thing.keys() - set(allowed):
            self.add(f"no such property: {key}", path)

    def required(self, thing: Json, names: Iterable[str], path: str) -> bool:
        """Refuse what lacks a property; say whether all are there."""
        missing = [name for name in names if thing.get(name) is None]
        for name in missing:
            self.add(f"missing required field: {name}", path)
        return not missing

    def string(self, value: Any, limit: int, path: str, *, least: int = 1) -> None:
        """Refuse a string that is absent, of another type, too short or too long."""
        if not isinstance(value, str):
            self.add("must be a string", path)
        elif len(value) < least:
            self.add(f"must be more than {least - 1} characters", path)
        elif len(value) > limit:
            self.add(f"must be less than {limit + 1} characters", path)

    def optional_string(self, thing: Json, name: str, limit: int, path: str) -> None:
        """Check a string only if it is given."""
        if thing.get(name) is not None:
            self.string(thing[name], limit, f"{path}/{name}", least=0)

    def items(self, value: Any, least: int, most: int, path: str) -> list[Json]:
        """Refuse a list of the wrong length; return those of its items that are objects."""
        if not isinstance(value, list):
            self.add("must be a list", path)
            return []
        if len(value) < least:
            self.add(f"no fewer than {least} items allowed", path)
        if len(value) > most:
            self.add(f"no more than {most} items allowed", path)
        if not all(isinstance(item, dict) for item in value):
            self.add("must be a list of objects", path)
            return []
        return value

    def text(self, value: Any, limit: int, path: str, *, plain: bool = False) -> None:
        """Check a text object: its type, its properties and its length."""
        if not isinstance(value, dict):
            self.add("must be a text object", path)
            return
        kind = value.get("type")
        extra = {"plain_text": "emoji", "mrkdwn": "verbatim"}.get(str(kind))
        if extra is None or (plain and kind != "plain_text"):
            wanted = "plain_text" if plain else "plain_text or mrkdwn"
            self.add(f"must be {wanted}, not {kind}", f"{path}/type")
            return
        self.keys(value, ("type", "text", extra), path)
        self.string(value.get("text"), limit, f"{path}/text")

    def optional_text(self, thing: Json, name: str, limit: int, path: str) -> None:
        """Check a plain text object only if it is given."""
        if thing.get(name) is not None:
            self.text(thing[name], limit, f"{path}/{name}", plain=True)

    def unique(self, values: Iterable[Any], what: str, path: str) -> None:
        """Refuse the same value twice."""
        given = [value for value in values if value]
        for value in {v for v in given if given.count(v) > 1}:
            self.add(f"`{what}` {value} is used more than once", path)

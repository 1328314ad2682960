"""One value, one spelling: the canonical JSON that is stored, hashed and compared byte for byte.

The profile is RFC 8785 (JCS) restricted so that the standard library already writes it: keys are
ASCII strings, numbers are integers strictly between -2**53 and 2**53, text holds no lone
surrogate.  Whatever is outside the profile is refused with ``ValueError``; nothing is rounded,
renamed or dropped.  Replacing lone surrogates, which Slack can send, is left to ``clean``.
"""

import json
import re
from typing import Any, NoReturn

#: First integer that a JavaScript reader could no longer tell from its neighbour.
INTEGER_LIMIT = 2**53

_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"


def canonical(value: object) -> str:
    """The one spelling of this value, or ``ValueError`` when it is outside the profile."""
    try:
        _check(value)
        text = json.dumps(
            value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
        )
    except RecursionError as error:
        raise ValueError("value nested too deeply") from error
    if _SURROGATE.search(text):  # looked for once in all its texts: a plan has thousands
        raise ValueError("lone surrogate in text")
    return text


def clean(value: Any) -> Any:
    """The same value with every lone surrogate replaced by U+FFFD; tuples become lists."""
    if isinstance(value, str):
        return _SURROGATE.sub(_REPLACEMENT, value)
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    return value


def parse(text: str) -> Any:
    """The value written in this JSON text; duplicate keys, floats and NaN are ``ValueError``."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_not_an_integer,
            parse_constant=_not_an_integer,
        )
    except RecursionError as error:
        raise ValueError("text nested too deeply") from error


def _check(value: object) -> None:
    """Walk the value and refuse what the profile does not allow, surrogates excepted."""
    if isinstance(value, str):
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError("keys are ASCII strings")
            _check(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item)
    else:
        _check_scalar(value)


def _check_scalar(value: object) -> None:
    """Refuse a number that two canonicalisers could write differently."""
    if isinstance(value, int):
        if not -INTEGER_LIMIT < value < INTEGER_LIMIT:
            raise ValueError("integer outside the safe range")
    elif value is not None:
        raise ValueError(f"{type(value).__name__} has no canonical form")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object as a dictionary, unless one key comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _not_an_integer(text: str) -> NoReturn:
    """Refuse any number that is not a plain integer."""
    raise ValueError(f"number outside the profile: {text}")

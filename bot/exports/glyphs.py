"""What Slack lets through, made printable with the fonts that the report embeds.

A character without a glyph would stop an archival PDF: an emoji becomes its name between colons, as
in Slack, another character its code, and a mark that shows nothing goes.  The text itself is in the
journal that the report carries.
"""

import re
import unicodedata
from typing import Any, Final

from bot.core.french import typography
from bot.exports.text import legible

PRINTABLE: Final = (
    r" -\[\\\]-~"
    "\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1"
    "\u03a3-\u0482\u048a-\u04ff\u1e00-\u1eff\u2010-\u2027\u202f-\u2040\u2044-\u2052\u2054-\u205e"
    "\u2070-\u2071\u2074-\u208e\u2090-\u209c\u20a0-\u20c0\u2100-\u211e\u2120\u2122\u2124"
    "\u2126-\u2151\u2153-\u2184\u2190-\u23ff\u2460-\u2606\u2609-\u262f\u2638-\u268b\u2690-\u269c"
    "\u26a0-\u26a7\u26aa-\u26af\u2701-\u2704\u2706-\u2709\u270c-\u2714\u2717-\u2726\u272a-\u274b"
    "\u2758-\u275e\u2761-\u277f\u2794\u2798-\u27af\u27b1-\u27ff\ufb00-\ufb06\ufffd\n"
)
"""Inside of a regular expression's set: Latin, Greek, Cyrillic, punctuation, signs, arrows."""
_OTHERS = re.compile(f"[^{PRINTABLE}]+")
_SHOW_NOTHING = re.compile(
    "[\u00ad\u034f\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff"
    "\U0001f3fb-\U0001f3ff]"
)
"""Joiners, variation selectors, tags, skin tones: they only modify what stands before."""
_WORD = re.compile(r"\S{40}(?=\S)")
_MAY_BREAK = "\u200b"


def printable(text: str) -> str:
    """The text with nothing in it that the report's fonts could not draw, or a line not hold."""
    text = unicodedata.normalize("NFC", legible(text)).expandtabs(4)
    text = _OTHERS.sub(lambda found: _named(found[0]), _SHOW_NOTHING.sub("", text))
    return _WORD.sub(lambda found: found[0] + _MAY_BREAK, typography(text).replace("§ ", "§\u00a0"))


def printable_data(value: Any) -> Any:
    """The same data with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: printable_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable_data(item) for item in value]
    return value


def _named(run: str) -> str:
    """Signs by their name between colons; letters that cannot be drawn by their codes."""
    shown = []
    for sign in run:
        name = unicodedata.name(sign, "")
        if name and unicodedata.category(sign) == "So":
            shown.append(f":{name.lower().replace(' ', '_').replace('-', '_')}:")
        else:
            shown.append(f"[U+{ord(sign):04X}]")
    return "".join(shown)

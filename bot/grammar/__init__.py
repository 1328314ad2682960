"""Words ↔ commands: one table gives the parser, the help, the buttons and the scenarios.

A line is a word and what follows it: ``décision Couper Internet``.  A button carries the line that
a person could have typed.  Accents and case are optional; a near miss gets the right suggestion,
and what is no command but reads as a question is one.  Words without a parser only show something:
the face that hears them knows what.
"""

import re
import unicodedata
from dataclasses import dataclass

from bot.core.crisis import Command
from bot.core.transcript import spoken
from bot.errors import Refused
from bot.grammar.named import Context, fold
from bot.grammar.words import WORDS, Word, lookup, near

__all__ = [
    "WORDS",
    "Context",
    "Parsed",
    "Word",
    "fold",
    "help_lines",
    "is_question",
    "line",
    "lookup",
    "parse",
    "split",
    "tonight_lines",
    "word_lines",
]

#: How close a word must be to be suggested, and to be a slip rather than the start of a question.
_ALIKE, _ALMOST = 0.6, 0.72
#: How questions begin, some of which look like our words.
_ASKING = frozenset(
    "c'est ce combien comment doit dois est est-ce faut faut-il il j'ai je le la les mon nos notre "
    "nous on ou peut peut-on pourquoi qu'est-ce quand que quel quelle quelles quels qui quoi si un "
    "une y".split()
)
#: « Je prends R06 », « c'est fait : R01 vu », « je confirme R07 ».
_PRESSED = re.compile(
    r"(?:(?P<taken>je prends?)|c['’]est fait|j['’]ai (?:fait|fini)|je confirme)(?:\s*+:)?\s++"
    r"(?:la |l['’]étape |étape )?(?P<step>[a-z]?\d{1,3}\b.*)",
    re.IGNORECASE | re.DOTALL,
)
#: Words after the first from which a line is a question: after an unknown word, after a known one.
_WORDS_AFTER, _WORDS_OF_A_QUESTION = 2, 3


@dataclass(frozen=True, slots=True)
class Parsed:
    """A line that was understood: its word, the rest as typed, and the command, if any."""

    word: Word
    rest: str
    command: Command | None


def parse(line: str, context: Context) -> Parsed:
    """Read one line as Slack sends it; raise ``Refused`` with a suggestion when it is not one."""
    first, rest = split(line)
    if not first:
        return Parsed(WORDS["aide"], "", None)
    word = lookup(first)
    if word is None:
        raise Refused(_unknown(first, spoken(rest, context.name)))
    if not word.people:
        rest = spoken(rest, context.name)
    if word.form and (not rest or fold(rest) in word.opens):
        return Parsed(word, rest, None)
    command = word.parse(rest, context) if word.parse else None
    return Parsed(word, rest, command)


def split(line: str) -> tuple[str, str]:
    """The word, without what punctuation follows it, and the rest.

    The label of a button and a step, typed as one reads them, are the word behind the button.
    """
    line = unicodedata.normalize("NFC", line)
    pressed = _PRESSED.fullmatch(line.strip())
    if pressed is not None:
        return ("prendre" if pressed["taken"] else "fait"), pressed["step"]
    parts = line.split(maxsplit=1)
    if not parts:
        return "", ""
    rest = parts[1].strip() if len(parts) > 1 else ""
    return parts[0].rstrip(":,;.!?") or parts[0], rest.removeprefix(":").lstrip()


def is_question(line: str) -> bool:
    """Whether a line reads as a question to the library rather than as a command."""
    first, rest = split(line)
    word = lookup(first)
    long = len(rest.split()) >= _WORDS_OF_A_QUESTION
    asks = line.rstrip().endswith("?")
    if word is not None:
        return word.shows and bool(rest) and (asks or long)
    if not asks and fold(first) not in _ASKING and near(first, _ALMOST):
        return False
    return asks or len(rest.split()) >= _WORDS_AFTER


def _unknown(name: str, rest: str) -> str:
    found = near(name, _ALIKE)
    shown = name[:40]
    if found is None:
        return f"Mot inconnu : « {shown} ». Tapez « /crise aide » pour voir les mots possibles."
    tail = f" {rest[:200]}" if rest and found.usage != found.name else ""
    return f"Mot inconnu : « {shown} ». Vouliez-vous dire « /crise {found.name}{tail} » ?"


def help_lines(*, listed: bool = True) -> list[str]:
    """The help, one line a word, generated from the table: first words, or those of buttons."""
    shown = [word for word in WORDS.values() if word.listed is listed]
    return [f"`/crise {word.usage}` : {word.help}" for word in shown]


def tonight_lines() -> list[str]:
    """The short help: the words of a first night, each as somebody would type it."""
    shown = [word for word in WORDS.values() if word.tonight]
    return [f"`/crise {word.tonight}` : {word.help}" for word in shown]


def word_lines(name: str) -> list[str]:
    """What one word does and how it is typed; nothing for a word that is not one."""
    word = lookup(name)
    if word is None:
        return []
    uses = [f"`/crise {one.strip()}`" for one in word.usage.split(" | ")]
    example = [f"Par exemple : `/crise {word.tonight}`"] if word.tonight else []
    return [word.help, *uses, *example]


def line(name: str, *parts: str) -> str:
    """The line that a button carries: the word and its arguments, as a person would type it."""
    return " ".join((WORDS[name].name, *parts))

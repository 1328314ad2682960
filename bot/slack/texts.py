"""What one person is answered, privately or in a thread: help, briefing, journal."""

from collections.abc import Iterable

from bot.core.briefing import Briefing
from bot.core.crisis import Crisis, Fact, Line, Stamp
from bot.core.french import day_clock, told_when
from bot.grammar import fold, help_lines, tonight_lines, word_lines
from bot.sentences import author, dated, told
from bot.slack.blocks import (
    Block,
    context,
    escape,
    header,
    paragraphs,
    section,
    user,
)
from bot.slack.hospital_lines import differing
from bot.slack.render import deadline_line, named, prefix

_LISTED = 8
#: What asks for the whole help.
_ALL = ("tout", "tous", "tous les mots", "complet", "complete")
#: Characters of a line of the log among others, and of one that is asked for.
_SHORT, _ENTIRE = 300, 40_000


def help_blocks(about: str = "") -> list[Block]:
    """The words of a first night and how else to speak to the bot; or one word, or all of them."""
    if fold(about).strip(" .") in _ALL:
        return _every_word()
    lines = word_lines(about.partition(" ")[0]) if about else []
    if lines:
        return [header("Ce que je comprends"), *paragraphs(escape(one) for one in lines)]
    return [
        header("Ce que je comprends"),
        section(
            "Sous chaque étape, les boutons suffisent : « Je prends », « C'est fait », "
            "« Détails ». Le reste se tape :"
        ),
        *paragraphs(f"• {escape(one)}" for one in tonight_lines()),
        context(
            "Tous les mots : `/crise aide tout`. Un seul : `/crise aide décision`. Accents et "
            "majuscules sont facultatifs. Dans le canal de la crise, 📌 sur un message le "
            "consigne. Mentionnez-moi, ou écrivez-moi en privé, pour poser une question."
        ),
    ]


def _every_word() -> list[Block]:
    return [
        header("Ce que je comprends"),
        *paragraphs(f"• {escape(one)}" for one in help_lines()),
        section("*Sur une étape, un rôle, une obligation : des boutons suffisent. Sinon :*"),
        *paragraphs(f"• {escape(one)}" for one in help_lines(listed=False)),
        context("Comment un mot s'emploie : `/crise aide` et ce mot."),
    ]


def briefing_blocks(report: Briefing, title: str = "Point de situation") -> list[Block]:
    """The situation report: since when, decided, done, late, blocked, next, clocks."""
    shown = report.board
    zone = shown.crisis.zone
    parts = [
        ("Décidé", _latest([_line(one, zone) for one in report.decided])),
        ("Fait", _latest([named(one.step) for one in report.done if one.standing == "done"])),
        ("Écarté, non applicable", _latest(_set_aside(report))),
        ("Obligations réglées", [deadline_line(shown, one) for one in report.settled]),
        ("En retard", [named(one.step) for one in shown.late]),
        (
            "Bloqué",
            [f"{named(one.step)} — {user(one.state.reason, 150)}" for one in shown.blocked],
        ),
        ("À confirmer par une 2e personne", [named(one.step) for one in shown.half_agreed]),
        ("État de l'hôpital", differing(shown.crisis, shown.at)),
        ("À faire maintenant", [named(one.step) for one in shown.next_three]),
        ("Délais", [deadline_line(shown, one, brief=True) for one in shown.pressing[:5]]),
        ("Attention", [user(one, 300) for one in report.warnings]),
    ]
    blocks = [
        header(f"{prefix(shown)}{title}"),
        context(f"{day_clock(shown.at, zone)} · depuis {day_clock(report.since, zone)}"),
    ]
    for name, lines in parts:
        if lines:
            blocks += paragraphs([f"*{name}*", *_bullets(lines)])
    return blocks


def _line(one: Line, zone: str) -> str:
    verb = "décidé" if one.kind == "decision" else "survenu"
    when = told_when(verb, one.at, one.recorded, one.precision, zone)
    return f"{when} : {user(one.text, 200)} ({user(one.by.name)})"


def _set_aside(report: Briefing) -> list[str]:
    """Steps that were declared not applicable, each with its reason: not done, and said so."""
    aside = [one for one in report.done if one.standing != "done"]
    return [f"{named(one.step)} — {user(one.state.reason, 150)}" for one in aside]


def _latest(lines: list[str]) -> list[str]:
    """The latest of what was decided or done, in order, after how many came before."""
    kept = _LISTED - 1
    return lines if len(lines) <= _LISTED else [f"… {len(lines) - kept} avant", *lines[-kept:]]


def _bullets(lines: list[str]) -> list[str]:
    more = [f"… et {len(lines) - _LISTED} de plus"] if len(lines) > _LISTED else []
    return [*(f"• {one}" for one in lines[:_LISTED]), *more]


def journal_blocks(
    crisis: Crisis,
    tail: Iterable[tuple[Fact, Stamp]],
    *,
    whole: bool = True,
    first: bool = False,
) -> list[Block]:
    """The last lines of the log; unless ``whole``, without those that it writes for itself.

    ``first``: the first one with all that it says.
    """
    left = "" if whole else " Les lignes de scellement ne sont pas montrées ici."
    lines = [
        f"`{stamp.seq}` {dated(fact, stamp, crisis.zone)} {user(author(stamp), 60)} : "
        f"{user(told(fact, stamp, crisis.plan), _ENTIRE if first and not n else _SHORT)}"
        for n, (fact, stamp) in enumerate(tail)
    ]
    kind = "EXERCICE — " if crisis.exercise else ""
    return [
        header(f"{kind}Main courante {crisis.id}"),
        *_sealed(crisis),
        *paragraphs(lines or ["Aucune ligne."]),
        context(
            "Une ligne en entier : `/crise journal` et son numéro. Tout le journal, vérifiable "
            f"sans nous : `/crise exporter`.{left}"
        ),
    ]


def _sealed(crisis: Crisis) -> list[Block]:
    """Up to which line the log is sealed, and since when."""
    last = crisis.checkpoint
    if last is None:
        return []
    at = day_clock(last.at, crisis.zone)
    return [context(f"Scellée jusqu'à la ligne {last.size} : point de contrôle signé, {at}.")]

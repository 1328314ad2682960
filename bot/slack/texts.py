"""What one person is answered, privately or in a thread: help, briefing, journal, sources."""

from collections.abc import Iterable
from typing import Protocol

from bot.core.briefing import Briefing
from bot.core.crisis import Crisis, Fact, Line, Stamp
from bot.core.french import clock, day_clock
from bot.grammar import help_lines
from bot.library.corpus import unmarked
from bot.sentences import tell
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    divider,
    escape,
    header,
    markdown,
    paragraphs,
    section,
    user,
)
from bot.slack.render import deadline_line, named, prefix

CONFIDENCE = {
    "nette": "Correspondance nette",
    "a-verifier": "À vérifier",
    "aucune": "Rien trouvé",
}
_LISTED = 8


class Source(Protocol):
    """A quoted passage, as the library hands it over."""

    @property
    def title(self) -> str: ...  # noqa: D102 - the name says it
    @property
    def section(self) -> str: ...  # noqa: D102 - the name says it
    @property
    def path(self) -> str: ...  # noqa: D102 - the name says it
    @property
    def text(self) -> str: ...  # noqa: D102 - the name says it
    @property
    def step(self) -> str | None: ...  # noqa: D102 - the name says it
    @property
    def labels(self) -> tuple[str, ...]: ...  # noqa: D102 - the name says it


def help_blocks() -> list[Block]:
    """The words, and how else to speak to the bot."""
    return [
        header("Ce que je comprends"),
        *paragraphs(f"• {escape(one)}" for one in help_lines()),
        section("*Sur une étape, un rôle, une obligation : des boutons suffisent. Sinon :*"),
        *paragraphs(f"• {escape(one)}" for one in help_lines(listed=False)),
        context(
            "Accents et majuscules sont facultatifs. Dans le canal de la crise, 📌 sur un message "
            "le consigne. Mentionnez-moi, ou écrivez-moi en privé, pour poser une question."
        ),
    ]


def briefing_blocks(report: Briefing) -> list[Block]:
    """The situation report: since when, decided, done, late, blocked, next, clocks."""
    shown = report.board
    zone = shown.crisis.zone
    parts = [
        ("Décidé", [_line(one, zone) for one in report.decided]),
        ("Fait", [named(one.step) for one in report.done]),
        ("Obligations réglées", [deadline_line(shown, one) for one in report.settled]),
        ("En retard", [named(one.step) for one in shown.late]),
        (
            "Bloqué",
            [f"{named(one.step)} — {user(one.state.reason, 150)}" for one in shown.blocked],
        ),
        ("À faire maintenant", [named(one.step) for one in shown.next_three]),
        ("Délais", [deadline_line(shown, one, brief=True) for one in shown.pressing[:5]]),
        ("Attention", [user(one, 300) for one in report.warnings]),
    ]
    blocks = [
        header(f"{prefix(shown)}Point de situation"),
        context(f"{day_clock(shown.at, zone)} · depuis {day_clock(report.since, zone)}"),
    ]
    for title, lines in parts:
        if lines:
            blocks += paragraphs([f"*{title}*", *_bullets(lines)])
    return blocks


def _line(one: Line, zone: str) -> str:
    return f"{clock(one.at, zone)} {user(one.text, 200)} ({user(one.by.name)})"


def _bullets(lines: list[str]) -> list[str]:
    more = [f"… et {len(lines) - _LISTED} de plus"] if len(lines) > _LISTED else []
    return [*(f"• {one}" for one in lines[:_LISTED]), *more]


def journal_blocks(crisis: Crisis, tail: Iterable[tuple[Fact, Stamp]]) -> list[Block]:
    """The last lines of the log."""
    lines = [
        f"`{stamp.seq}` {clock(stamp.at, crisis.zone)} {user(stamp.actor.name, 60)} : "
        f"{user(tell(fact, crisis.plan), 300)}"
        for fact, stamp in tail
    ]
    kind = "EXERCICE — " if crisis.exercise else ""
    return [
        header(f"{kind}Main courante {crisis.id}"),
        *paragraphs(lines or ["Aucune ligne."]),
        context("Tout le journal, vérifiable sans nous : `/crise exporter`."),
    ]


def answer_blocks(
    question: str, confidence: str, text: str, sources: Iterable[Source], crisis: Crisis | None
) -> list[Block]:
    """An answer: how sure, the passages, each with its source, and the way to the step."""
    quoted = list(sources)[:3]
    kind = "EXERCICE — " if crisis is not None and crisis.exercise else ""
    blocks = [
        section(f"{kind}*{user(question, 300)}*"),
        context(CONFIDENCE.get(confidence, confidence)),
    ]
    if text and (confidence == "aucune" or not quoted):
        blocks += paragraphs(markdown(text).splitlines())
    for one in quoted:
        blocks += [divider(), *_passage(one, crisis)]
    return blocks


def _passage(one: Source, crisis: Crisis | None) -> list[Block]:
    lines = markdown(unmarked(one.text)).splitlines()
    place = f"{one.title} › {one.section}" if one.section else one.title
    origin = f"Source : {user(place, 250)} · `{user(one.path, 120)}`"
    if one.labels:
        origin += f"\nD'après : {user(' ; '.join(one.labels[:3]), 500)}"
    blocks = [*paragraphs(f">{line}" for line in lines if line.strip()), context(origin)]
    if one.step and crisis is not None and crisis.plan.step(one.step):
        blocks.append(actions(button("Ouvrir l'étape", one.step, f"open:step:{one.step}")))
    return blocks

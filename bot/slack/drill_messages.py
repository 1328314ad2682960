"""What a drill shows: its injects and its start in the channel, and the private desks.

The desk of who animates holds the controls; that of an observer only a place to write.  Both are
live messages of a direct conversation, which the cell does not see.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from bot.core.crisis import Crisis, Fact, Stamp
from bot.core.drill import DrillStarted, InjectPlayed, expected
from bot.core.drill_review import reactions, reviewed, verdict
from bot.core.french import day_clock, plural, span
from bot.core.scenario import SPEEDS, Drill, Event, Kind
from bot.grammar import line
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    header,
    option,
    ours,
    section,
    select,
    user,
)
from bot.slack.render import Message

WORDS: Final[dict[Kind, str]] = {
    "appel": "📞 Appel",
    "presse": "📰 Presse",
    "ministere": "🏛️ Ministère",
    "laboratoire": "🧪 Laboratoire",
    "attaquant": "☠️ Attaquant",
    "message": "💬 Message",
    "constat": "🔎 Constat",
}
"""Kind of inject -> what it begins with."""
_COMING: Final = 4
_WAITING: Final = 3
_CALLED: Final = 2
_EXPECTED: Final = 3
DESK: Final = "drill:desk:"
"""Start of the key of a desk; the Slack id of the person follows."""


def notice_of(fact: Fact, stamp: Stamp, crisis: Crisis, key: str) -> Message | None:
    """The message in the channel for what only a drill has; ``None`` for other facts."""
    if isinstance(fact, DrillStarted):
        return _started(fact, stamp, key)
    if isinstance(fact, InjectPlayed):
        return _inject(fact, stamp, crisis, key)
    return None


def _started(fact: DrillStarted, stamp: Stamp, key: str) -> Message:
    title = f"EXERCICE — DEBEX : {fact.scenario.title}"
    rules = (
        "• Tout est fictif. Commencez chaque appel par « exercice ».\n"
        "• N'appelez et n'écrivez à personne dehors : l'animation joue l'extérieur.\n"
        "• Un incident réel ? Dites « réel » à l'animation : elle arrête l'exercice."
    )
    blocks = [
        header(f"🎬 {title}"),
        section(user(fact.scenario.opening, 2500)),
        section(rules),
        context(f"{_pace(fact.speed)} Animation : {user(stamp.actor.name)}."),
    ]
    return Message(key, ours(f"{user(title, 300)}."), blocks)


def _pace(speed: int) -> str:
    """What runs at the speed and what does not."""
    if speed == 1:
        return "Vitesse réelle. Les délais légaux sont ceux de la loi."
    return (
        f"Vitesse ×{speed} : les événements et nos objectifs vont {speed} fois plus vite ; "
        "les délais légaux restent ceux de la loi."
    )


def _inject(fact: InjectPlayed, stamp: Stamp, crisis: Crisis, key: str) -> Message:
    role = crisis.plan.role(fact.to)
    to = f"Pour : {_called(fact.to, crisis)}{user(role.title, 80)}" if role else "Pour la cellule"
    blocks = [
        section(f"{WORDS[fact.kind]} · *EXERCICE — {user(fact.title, 150)}*\n{to}"),
        section(f"*{user(fact.sender, 150)}* :\n>{user(fact.text, 2500)}"),
        context(f"Événement d'exercice, rien de réel. Ligne {stamp.seq} de la main courante."),
    ]
    text = f"EXERCICE — {user(fact.title, 150)} : {user(fact.text, 200)}"
    return Message(key, ours(text), blocks)


def _called(role: str, crisis: Crisis) -> str:
    """Mentions of who holds the role, else of who is expected to."""
    held = [one.id for one in crisis.roles.get(role, ())]
    people = held or [one.slack for one in crisis.plan.establishment.people if role in one.roles]
    called = [one for one in people if one.startswith(("U", "W"))]
    return "".join(f"<@{one}> " for one in called[:_CALLED])


# -- the App Home -----------------------------------------------------------------------------


def home_blocks(person: str, crises: Iterable[Crisis], now: datetime) -> list[Block]:
    """The last drill that was played to its end, what it was worth, and the way to the next."""
    played = [one for one in reviewed(crises, now) if one.over]
    new = button("Ouvrir un exercice", line("exercice"), "open:exercice:new")
    if not played:
        return [actions(new)]
    last = played[-1]
    before = [one for one in played[:-1] if one.drill.scenario.id == last.drill.scenario.id]
    title = user(last.drill.scenario.title, 100)
    text = f"*EXERCICE — {title}*, {day_clock(last.began, last.crisis.zone)}\n{verdict(last)}"
    if before:
        text += f"\nLa fois d'avant : {verdict(before[-1])}"
    buttons = [new]
    if person in (last.drill.animator, *last.drill.observers):
        again = line("exercice", last.crisis.id, "compte-rendu")
        buttons.append(button("Recevoir le compte rendu", again, "say:drill:report"))
    return [section(text), actions(*buttons)]


# -- the private desks ------------------------------------------------------------------------


def desks(crisis: Crisis, now: datetime) -> list[tuple[str, Message]]:
    """Each person (Slack id) who has a desk, and what it shows at ``now`` (UTC)."""
    drill = crisis.drill
    if drill is None:
        return []
    found = [(drill.animator, _desk(drill.animator, crisis, drill, now))]
    found += [(one, _desk(one, crisis, drill, now)) for one in drill.observers]
    return [one for one in found if one[0].startswith(("U", "W"))]


def _desk(person: str, crisis: Crisis, drill: Drill, now: datetime) -> Message:
    blocks = desk_blocks(person, crisis, drill, now)
    text = f"EXERCICE — {user(drill.scenario.title, 200)} : {_state(crisis, drill, now)}"
    return Message(f"{DESK}{person}", ours(text), blocks, live=True)


def desk_blocks(person: str, crisis: Crisis, drill: Drill, now: datetime) -> list[Block]:
    """The desk of who animates, or of an observer."""
    leads = person == drill.animator
    place = f"<#{crisis.channel}>" if crisis.channel else "canal en cours d'ouverture"
    title = f"*{user(drill.scenario.title, 150)}* · {place}"
    blocks = [
        header("EXERCICE — conduite" if leads else "EXERCICE — observation"),
        section(f"{title}\n{_state(crisis, drill, now)}"),
    ]
    if _over(crisis, drill):
        again = line("exercice", crisis.id, "compte-rendu")
        return [
            *blocks,
            actions(
                button("Noter une observation", crisis.id, "open:exercice:observe"),
                button("Recevoir le compte rendu", again, "say:drill:report"),
            ),
        ]
    blocks += [section(_coming(crisis, drill)), section(_reactions(crisis, now))]
    return [*blocks, *(_controls(crisis, drill) if leads else [_observe(crisis)])]


def _over(crisis: Crisis, drill: Drill) -> bool:
    return drill.ended is not None or not crisis.is_open


def _state(crisis: Crisis, drill: Drill, now: datetime) -> str:
    whole = span(drill.scenario.duration)
    if _over(crisis, drill):
        ended = drill.ended or (crisis.closed.at if crisis.closed else now)
        at = day_clock(ended, crisis.zone)
        return f"Terminé, {at}, à T\u00a0+\u00a0{span(drill.elapsed(ended))}."
    elapsed = drill.elapsed(now)
    pace = "⏸️ *en pause*" if drill.paused else f"vitesse ×{drill.speed}"
    late = " · durée prévue atteinte" if elapsed >= drill.scenario.duration else ""
    return f"T\u00a0+\u00a0{span(elapsed)} sur {whole} · {pace}{late}"


def _coming(crisis: Crisis, drill: Drill) -> str:
    """What comes next and what waits for the cell."""
    left = expected(crisis)
    timed = [(at, one) for at, one in left if at is not None]
    lines = [f"• T\u00a0+\u00a0{span(at)} : {user(one.title, 100)}" for at, one in timed[:_COMING]]
    if len(timed) > _COMING:
        lines.append(f"… et {plural(len(timed) - _COMING, 'autre')}.")
    waits = [one for at, one in left if at is None]
    held = [f"• {user(one.title, 100)}, {_after(one.once, crisis)}" for one in waits[:_WAITING]]
    told = f"Joués : {len(drill.played)} sur {len(drill.scenario.injects)}"
    told += f", écartés : {len(drill.skipped)}" if drill.skipped else ""
    text = "*À venir*\n" + ("\n".join(lines) or "Rien qui soit à l'heure.")
    return f"{text}{_titled('Attendent un geste', held)}\n{told}."


def _after(event: Event | None, crisis: Crisis) -> str:
    """What an inject waits for, in words."""
    if event is None:
        return "à l'heure"
    step, duty = crisis.plan.step(event.step), crisis.plan.duty(event.duty)
    drill = crisis.drill
    inject = drill.scenario.inject(event.inject) if drill else None
    names = [one.title for one in (step, duty, inject) if one is not None]
    return "après " + " et ".join(f"« {user(one, 80)} »" for one in names)


def _titled(title: str, lines: list[str]) -> str:
    return f"\n*{title}*\n" + "\n".join(lines) if lines else ""


def _reactions(crisis: Crisis, now: datetime) -> str:
    """What the cell is expected to do about what was played last."""
    asked = [one for one in reactions(crisis, now) if one.played is not None][-_EXPECTED:]
    words = {"met": "✅ tenu", "late": "⏰ tenu en retard", "missed": "⏰ dépassé"}
    lines = [
        f"• {user(one.what, 120)} : {words.get(one.standing, _until(one.until, one.standing))}"
        for one in asked
    ]
    played = crisis.drill is not None and crisis.drill.played
    none = "Aucune pour ce qui a été joué." if played else "Rien n'a encore été joué."
    return "*Réactions attendues*\n" + ("\n".join(lines) or none)


def _until(until: timedelta | None, standing: str) -> str:
    before = f"avant T\u00a0+\u00a0{span(until)}" if until is not None else ""
    return f"{before}, à votre appréciation" if standing == "judged" else before


def _controls(crisis: Crisis, drill: Drill) -> list[Block]:
    """What who animates may press; each carries the line that could be typed."""

    def said(*words: str) -> str:
        return line("exercice", crisis.id, *words)

    go = button("Reprendre", said("reprendre"), "say:drill:resume", "primary")
    wait = button("Pause", said("pause"), "say:drill:pause")
    following = button("Jouer le suivant", said("suivant"), "say:drill:next")
    first = actions(
        go if drill.paused else wait,
        *([following] if expected(crisis) else []),
        button("Noter une observation", crisis.id, "open:exercice:observe"),
        button("Terminer", crisis.id, "open:exercice:end", "danger"),
    )
    lists = [*_lists(drill, said)]
    private = context("Ces boutons sont privés : la cellule ne voit que ce qui est joué.")
    return [first, *([actions(*lists)] if lists else []), private]


def _lists(drill: Drill, said: Callable[..., str]) -> Iterator[Block]:
    left = [one for one in drill.scenario.injects if one.id not in drill.played]
    if left:
        choices = [option(one.title, said("jouer", one.id)) for one in left]
        yield select("say:drill:play", choices, hint="Jouer maintenant…")
    dropped = [one for one in left if one.id not in drill.skipped]
    if dropped:
        choices = [option(one.title, said("écarter", one.id)) for one in dropped]
        yield select("say:drill:skip", choices, hint="Écarter…")
    paces = [option(f"Vitesse ×{one}", said("vitesse", str(one))) for one in SPEEDS]
    yield select("say:drill:speed", paces, hint="Changer de vitesse…")


def _observe(crisis: Crisis) -> Block:
    return actions(button("Noter une observation", crisis.id, "open:exercice:observe", "primary"))

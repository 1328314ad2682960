"""An absence in the channel: what it leaves open, who is called, what to press."""

from bot.core.absence import HolderAway, Vacancy, vacancies
from bot.core.crisis import Crisis, Stamp
from bot.core.handover import steps_held
from bot.core.people import warnings
from bot.core.playbook import Step
from bot.grammar import line
from bot.slack.blocks import Block, actions, button, context, cut, escape, ours, section, user
from bot.slack.modals import exercise
from bot.slack.render import Message, named

_CALLED, _ROLES, _STEPS = 3, 4, 4
_LABEL = 60


def absence(fact: HolderAway, stamp: Stamp, crisis: Crisis, key: str) -> Message:
    """The notice of an absence, which calls the deputies; ``crisis`` is as it stands now."""
    start, who = exercise(crisis), user(fact.person.name)
    open_roles = list(vacancies(crisis, fact.person.id))[:_ROLES]
    held = [crisis.plan.step(one) for one in steps_held(crisis, fact.person.id)]
    lines = [f"• {_called(one)}" for one in open_roles]
    lines += [f"• À reprendre : {_step(one)}" for one in held[:_STEPS] if one is not None]
    more = len(held) - _STEPS
    lines += [f"• … et {more} étapes de plus"] if more > 0 else []
    blocks = [
        section("\n".join([f"🚪 {start}*{who} est indisponible*", *lines])),
        *_buttons([one for one in open_roles if not one.others]),
        context(f"Ligne {stamp.seq} de la main courante · de retour : `/crise présent @prénom`"),
    ]
    return Message(key, ours(f"{start}{who} est indisponible, ligne {stamp.seq}."), blocks)


def _called(one: Vacancy) -> str:
    title = f"*{escape(one.role.title)}*"
    if one.others:
        return f"{title} : {_mentions(one.others)} le tient aussi."
    if one.deputies:
        return f"{title} : {_mentions(one.deputies)}, vous suppléez."
    return f"{title} : personne en suppléance. Qui le prend ?"


def _mentions(people: tuple[str, ...]) -> str:
    return " ".join(f"<@{one}>" for one in people[:_CALLED])


def _step(step: Step) -> str:
    return f"{named(step)}, bouton « Détails », « La confier à quelqu'un »"


def _buttons(found: list[Vacancy]) -> list[Block]:
    """One button a role that nobody holds now, with the line that one would type."""
    taken = [
        button(
            cut(f"Je prends : {one.role.title}", _LABEL),
            line("rôle", one.role.id),
            f"say:role:{one.role.id}",
        )
        for one in found
    ]
    return [actions(*taken)] if taken else []


def doubled(person: str, crisis: Crisis) -> list[Block]:
    """The warning under a seat given to somebody (Slack id) who had better not hold both."""
    return [context(f"⚠️ {user(one, 300)}") for one in warnings(crisis, person)]

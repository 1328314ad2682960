"""What the kit says, page by page, as plain data for its template.

One kit per establishment: reflex cards by role, playbooks with boxes to tick, duties and instants
to date by hand, contacts, cards of the units, blank log sheets, and what to copy of the key.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from bot.core.french import full_clock, span
from bot.core.playbook import Duty, Plan, Role, Step

SHEETS: Final = 12
"""Blank sheets of the log in one kit."""
LINES: Final = 14
"""Lines of one sheet."""
_MARKS: Final = re.compile(r"\*\*|__|`")
UNITS: Final = "unites"
"""Marks the phase of a playbook whose steps are cards of units: its id ends so."""


def kit_data(
    plans: Sequence[Plan], files: Iterable[Path], made: datetime, key: str = ""
) -> dict[str, Any]:
    """All that the kit prints; ``made`` is UTC, ``key`` the public key when there is one."""
    if not plans:
        raise ValueError("a kit is made from at least one playbook")
    plan = plans[0]
    house = plan.establishment
    return {
        "establishment": house.name,
        "made": full_clock(made, house.timezone),
        "key": key,
        "versions": [
            {"file": one.name, "hash": sha256(one.read_bytes()).hexdigest()[:16]}
            for one in sorted(files)
        ],
        "roles": [_card(one, plan) for one in plan.cell.roles],
        "playbooks": [_playbook(one) for one in plans],
        "duties": [_duty(one, plan) for one in _bound(plan)],
        "instants": [
            {"title": one.title, "definition": one.definition, "evidence": one.evidence}
            for one in plan.obligations.instants
        ],
        "contacts": [
            {"name": one.name, "phone": one.phone, "mail": one.mail, "note": one.note}
            for one in house.contacts
        ],
        "units": [_step(one, plan) for one in _units(plans)],
        "sheets": [
            [f"P-{sheet * LINES + line + 1:03d}" for line in range(LINES)]
            for sheet in range(SHEETS)
        ],
    }


def _bound(plan: Plan) -> list[Duty]:
    """The duties of this establishment, asleep ones left out."""
    house = plan.establishment
    return [
        one
        for one in plan.obligations.duties
        if house.status in one.bound
        and not one.disabled
        and all(house.flags.get(flag) for flag in one.only_if)
    ]


def _card(role: Role, plan: Plan) -> dict[str, Any]:
    """The reflex card of a seat: who, the first hour, what it approves, what it holds."""
    people = [one.name for one in plan.establishment.people if role.id in one.roles]
    deputy = plan.role(role.deputy)
    return {
        "title": role.title,
        "people": people,
        "holder": role.holder,
        "deputy": deputy.title if deputy else "",
        "first_hour": role.first_hour,
        "approves": role.approves,
        "duties": [one.title for one in _bound(plan) if one.role == role.id],
        "steps": [
            f"{one.ref} {one.title}".strip()
            for phase in plan.playbook.phases
            for one in phase.steps
            if one.role == role.id and _concerns(one, plan)
        ][:8],
    }


def _playbook(plan: Plan) -> dict[str, Any]:
    return {
        "title": plan.playbook.title,
        "phases": [
            {"title": phase.title, "aim": phase.aim, "steps": [_step(one, plan) for one in steps]}
            for phase in plan.playbook.phases
            if not phase.id.endswith(UNITS)
            and (steps := [one for one in phase.steps if _concerns(one, plan)])
        ],
    }


def _concerns(step: Step, plan: Plan) -> bool:
    return plan.establishment.status in step.bound


def _step(step: Step, plan: Plan) -> dict[str, Any]:
    """One step with what is needed to do it away from any screen."""
    role = plan.role(step.role)
    return {
        "ref": step.ref,
        "title": step.title,
        "role": role.title if role else step.role,
        "within": _within(step.within),
        "text": [_plain(line) for line in step.text.splitlines() if line.strip()],
        "never": step.never,
        "if_impossible": step.if_impossible,
        "evidence": list(step.evidence),
        "two": step.two_persons,
        "when": _conditions(step, plan),
    }


def _plain(line: str) -> str:
    """A line of Markdown without its marks."""
    return _MARKS.sub("", line.strip().removeprefix("- ").removeprefix("* "))


def _conditions(step: Step, plan: Plan) -> list[str]:
    """In which cases the step applies, in the words of the questions."""
    return [
        f"{question.ask} {' ou '.join(answers)}"
        for asked, answers in step.when.items()
        if (question := plan.question(asked)) is not None
    ]


def _within(within: timedelta | None) -> str:
    return span(within) if within is not None else ""


def _duty(duty: Duty, plan: Plan) -> dict[str, Any]:
    role, signer = plan.role(duty.role), plan.role(duty.signer)
    start = plan.instant(duty.starts.instant or "") if duty.starts else None
    return {
        "title": duty.title,
        "wording": duty.wording,
        "recipient": duty.recipient,
        "channel": duty.channel,
        "basis": duty.legal_basis,
        "role": role.title if role else duty.role,
        "signer": signer.title if signer else duty.signer,
        "starts": start.title if start else "",
        "unsure": duty.confidence != "high",
        "checked": f"{duty.checked:%d/%m/%Y}",
    }


def _units(plans: Iterable[Plan]) -> list[Step]:
    """The cards of the units, each once, from whatever playbook holds them."""
    found: Mapping[str, Step] = {
        step.id: step
        for plan in plans
        for phase in plan.playbook.phases
        if phase.id.endswith(UNITS)
        for step in phase.steps
    }
    return list(found.values())

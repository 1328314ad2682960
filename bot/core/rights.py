"""Who may use which word: one table, by what a person is to the crisis.

A person may be several things at once; what one of them allows is allowed.  Whoever writes in the
channel of a crisis is of its cell: the channel is private and Slack keeps its door.  An auditor
lists, reads, exports and verifies, also crises that are closed, and does nothing else.

Anybody may read the versions of a playbook.  Who publishes one, or has a crisis adopt a newer one,
is an author: named by the settings, or holding a seat that the plan marks ``may_author``; a seat
that one took for oneself is not enough.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal

from bot.core.crisis import Crisis
from bot.core.french import joined
from bot.core.playbook import Plan
from bot.errors import Refused

Standing = Literal["cell", "auditor", "outsider"]

#: Words by which an auditor works; each may name its crisis by number.
AUDIT: Final = frozenset({"audit", "journal", "exporter", "vérifier"})
#: Words that make sense to anybody of the workspace.
OPEN: Final = frozenset({"aide", "déclarer", "exercice", "question", "playbook"})
#: What each standing may use; ``None`` is every word but those of the others.
TABLE: Final[Mapping[Standing, frozenset[str] | None]] = {
    "cell": None,
    "auditor": AUDIT | {"aide"},
    "outsider": OPEN,
}
#: Words that the cell has no use for.
_NOT_CELL: Final = frozenset({"audit"})


def allowed(word: str, standings: Iterable[Standing]) -> bool:
    """Whether somebody of these standings may use this word."""
    return any(_allows(word, one) for one in standings)


def _allows(word: str, standing: Standing) -> bool:
    words = TABLE[standing]
    return word not in _NOT_CELL if words is None else word in words


def require(word: str, standings: frozenset[Standing]) -> None:
    """Refuse a word to somebody who may not use it, saying what they may."""
    if allowed(word, standings):
        return
    if "auditor" in standings:
        raise Refused(
            "Votre accès est celui d'un auditeur : « /crise audit » liste les crises ; "
            "« journal », « exporter » et « vérifier », suivis d'un numéro, les ouvrent."
        )
    raise Refused(
        "Ce mot est réservé aux auditeurs désignés et aux membres de la crise. "
        "Demandez à rejoindre son canal, ou à être désigné."
    )


def is_author(
    plan: Plan, person: str, named: Collection[str] = (), crisis: Crisis | None = None
) -> bool:
    """Whether that person (Slack id) may publish ``plan``, and have ``crisis`` adopt it.

    ``named`` are those of the settings; the seats are those that the plan marks.
    """
    seats = {role.id for role in plan.cell.roles if role.may_author}
    people = plan.establishment.people
    if person in named or any(one.slack == person and seats & {*one.roles} for one in people):
        return True
    return crisis is not None and any((seat, person) in crisis.vouched for seat in seats)


def require_author(
    plan: Plan, person: str, named: Collection[str] = (), crisis: Crisis | None = None
) -> None:
    """Guard of what only authors do; ``Refused`` names who they are."""
    if is_author(plan, person, named, crisis):
        return
    seats = [f"« {role.title} »" for role in plan.cell.roles if role.may_author]
    whom = joined(seats, "ou") or "votre administrateur (réglage TOCSIN_AUTHORS)"
    raise Refused(
        f"Changer un playbook est réservé à ses auteurs. Adressez-vous à {whom}. Une fonction que "
        "l'on prend soi-même ne suffit pas : quelqu'un d'autre doit vous l'avoir confiée."
    )

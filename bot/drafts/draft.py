"""One document of one crisis, filled: its blocks, what is missing, what it may be held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.core.crisis import Crisis
from bot.core.deadlines import Deadline, deadlines
from bot.core.french import typography
from bot.drafts.blocks import Block, blocks_of, plain
from bot.drafts.changes import Shown, shown
from bot.drafts.data import Known, answer, tree
from bot.drafts.engine import fill
from bot.drafts.template import Field, Template
from bot.drafts.values import Missing

WARNING = "Projet à relire avant envoi"


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as it would leave now."""

    template: Template
    crisis: Crisis
    version: int
    head: str
    """Hash of the journal's last line when it was filled."""
    blocks: tuple[Block, ...]
    md: str
    """Its whole text."""
    left: tuple[str, ...]
    """Labels of what is to be completed."""
    shown: Shown

    @property
    def title(self) -> str:
        """Its title."""
        return self.template.head.title

    @property
    def hash(self) -> str:
        """SHA-256 of its text, in hexadecimal."""
        return sha256(self.md.encode()).hexdigest()

    @property
    def name(self) -> str:
        """The name of its files, without their ending."""
        start = "EXERCICE-" if self.crisis.exercise else ""
        return f"{start}{self.template.id}-{self.crisis.id}-v{self.version}"

    @property
    def foot(self) -> tuple[str, str]:
        """What each page says at its foot: where it comes from, then that it is a draft."""
        house = self.crisis.plan.establishment.name
        start = "EXERCICE — " if self.crisis.exercise else ""
        origin = f"{start}{house} · crise {self.crisis.id} · version {self.version}"
        trace = f"{WARNING} · main courante, ligne {self.crisis.seq}"
        return origin, typography(f"{trace} : {self.head[:16] or 'sans empreinte'}")


def draft(template: Template, known: Known) -> Draft:
    """Fill a template; raises ``BadFile`` when it cannot be."""
    markdown, values = fill(template, known)
    blocks = (*_titled(template, blocks_of(markdown, values)), *_annexes(template))
    crisis = known.crisis
    return Draft(
        template=template,
        crisis=crisis,
        version=len(crisis.documents.get(template.id, ())) + 1,
        head=known.head,
        blocks=blocks,
        md=plain(blocks),
        left=tuple(dict.fromkeys(one.label for one in values if isinstance(one, Missing))),
        shown=shown(template.hash, plain(blocks, blank=True), values),
    )


def _titled(template: Template, blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks under a first title: the template's own, or that of its front matter."""
    first = blocks[0] if blocks else None
    if first is not None and first.kind == "heading" and first.level == 1:
        return blocks
    return (*blocks_of(f"# {template.head.title}", ()), *blocks)


def _annexes(template: Template) -> Sequence[Block]:
    """What goes with it."""
    if not template.head.annexes:
        return ()
    listed = "\n".join(f"{n}. {one}" for n, one in enumerate(template.head.annexes, 1))
    return blocks_of(f"## Pièces jointes\n\n{listed}", ())


# -- fields -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """A field with what is known of it: ``said`` is what is prefilled."""

    field: Field
    said: str
    answered: bool
    """Whether somebody answered, were it that nobody knows."""

    @property
    def missing(self) -> bool:
        """Whether its place is empty."""
        return not self.said


def asked(template: Template, known: Known) -> tuple[Asked, ...]:
    """Every field of a template: first what is missing, what is required before the rest."""
    values = tree(known, template)
    crisis = known.crisis
    found = [
        Asked(one, answer(one, crisis, values), one.id in crisis.fields)
        for one in template.head.fields
    ]
    return tuple(sorted(found, key=lambda one: (not one.missing, not one.field.required)))


# -- which documents concern a crisis ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A document that concerns the crisis, and the clock of its duty, if it has one."""

    template: Template
    deadline: Deadline | None
    versions: int


def concerning(templates: Sequence[Template], known: Known) -> tuple[Listed, ...]:
    """The documents of this establishment and this crisis, the most urgent first."""
    crisis = known.crisis
    clocks = {one.duty.id: one for one in deadlines(crisis, known.now)}
    found = [
        Listed(one, clocks.get(one.head.duty or ""), len(crisis.documents.get(one.id, ())))
        for one in templates
        if _concerns(one, crisis) and (one.head.duty is None or one.head.duty in clocks)
    ]
    asked_by = {step.document for step in crisis.plan.playbook.steps}
    return tuple(sorted(found, key=lambda one: _urgency(one, asked_by)))


def _concerns(template: Template, crisis: Crisis) -> bool:
    """Whether this establishment may have to write it."""
    house = crisis.plan.establishment
    flags = all(house.flags.get(flag) for flag in template.head.only_if)
    return house.status in template.head.bound and flags


def _urgency(one: Listed, asked_by: set[str | None]) -> tuple[int, float, bool, str]:
    """What runs comes first, by its deadline; « sans délai » is due since it started."""
    clock = one.deadline
    unasked = one.template.id not in asked_by
    if clock is None or clock.started is None:
        return 1, 0.0, unasked, one.template.head.title
    if clock.settled is not None:
        return 2, 0.0, unasked, one.template.head.title
    due = clock.due or clock.started
    return 0, due.timestamp(), unasked, one.template.head.title

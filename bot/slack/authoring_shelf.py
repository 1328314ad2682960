"""The shelf of playbooks as people see it: each with its version, and the versions kept of one.

Reading is anybody's.  A version is asked for by choosing it and sending the form: a button within
a form is not pressed by every client.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.authoring.versions import Kept
from bot.core.adoption import fingerprint, short
from bot.core.french import plural
from bot.core.playbook import Plan
from bot.slack.blocks import (
    Block,
    actions,
    button,
    context,
    field,
    header,
    modal,
    option,
    section,
    select,
    user,
)
from bot.slack.modals import shown
from bot.slack.values import Values, WrongField, metadata

#: Callback of the form that asks for a version.
VERSIONS: Final = "playbook:versions"
_TITLE: Final = "Versions"
_SHOWN: Final = 12


def shelf_blocks(plans: Mapping[str, Plan], *, author: bool, faults: int) -> list[Block]:
    """Every playbook with its version; « Modifier » for authors."""
    blocks = [header("Playbooks")]
    for plan in plans.values():
        book = plan.playbook
        text = (
            f"*{user(book.title, 150)}*\nVersion {user(book.version, 60)} · empreinte "
            f"`{short(fingerprint(plan))}` · {plural(len(book.steps), 'étape')}"
        )
        buttons = [button(_TITLE, book.id, f"open:playbook:versions:{book.id}"[:250])]
        if author:
            edit = button("Modifier", book.id, f"open:playbook:modifier:{book.id}"[:250])
            buttons = [edit, *buttons]
        blocks += [section(text), actions(*buttons)]
    if faults:
        blocks.append(
            context(f"⚠️ {plural(faults, 'défaut')} dans les fichiers : lancez « tocsin check ».")
        )
    if not author:
        blocks.append(context("Les modifier est réservé à leurs auteurs."))
    return blocks


def versions_view(plan: Plan, kept: Sequence[Kept], note: str = "") -> Block:
    """The versions published, the newest first; one is chosen to be had again.

    ``note`` says what was just sent.
    """
    book = plan.playbook
    blocks = [section(f"*{user(note, 300)}*")] if note else []
    blocks.append(
        section(f"*{user(book.title, 150)}*\nVersion en vigueur : {user(book.version, 60)}")
    )
    if not kept:
        return shown(_TITLE, [*blocks, context("Rien n'a encore été publié depuis Slack.")])
    latest = tuple(reversed(kept))[:_SHOWN]
    blocks += [section(_line(one)) for one in latest]
    once = {one.sha256: one for one in latest}
    choices = [
        option(f"{one.version or '?'} · {_day(one)} · {one.name}", digest)
        for digest, one in once.items()
    ]
    blocks.append(
        field(
            "version",
            "Recevoir une version",
            select("v", choices),
            hint="Le fichier vous est envoyé en message privé.",
        )
    )
    meta = metadata(playbook=book.id)
    return modal(VERSIONS, _TITLE, blocks, submit="Recevoir", metadata=meta)


def read_version(values: Values) -> str:
    """The SHA-256 of the version that was chosen, or ``WrongField``."""
    digest = values.text("version")
    if not digest:
        raise WrongField("version", "Choisissez la version à recevoir.")
    return digest


def _line(one: Kept) -> str:
    return (
        f"*{user(one.version or '?', 60)}* · {_day(one)} · {user(one.name, 80)}\n"
        f"{user(one.reason, 500)}\n`{short(one.sha256)}`"
        + (f" · commit `{user(one.commit[:10])}`" if one.commit else "")
    )


def _day(one: Kept) -> str:
    return f"{one.at[8:10]}/{one.at[5:7]}/{one.at[:4]}, {one.at[11:16]} UTC"

"""What there is to say after a verification, in French: seen, not checked, never proven."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from bot.journal.inside import Inside, Stamped
from bot.journal.lag import Lag
from bot.journal.reading import Reading, legible

_MOST_LISTED: Final = 20
VIEWS: Final = (
    "Les vues, la notice et les vérificateurs du lot\u00a0: comparés au manifeste, qui voyage avec "
    "eux, et non au journal. Si une vue dit autre chose, journal.jsonl fait foi."
)
"""What is in a bundle beside its evidence, and is only held against what travels with it."""
_NOTICED: Final = timedelta(seconds=1)
"""A clock that is off by less than this is not worth a sentence."""


def seen(reading: Reading) -> Iterator[str]:
    """What the journal shows, which a person should know."""
    inside = reading.inside
    yield from _erasures(inside)
    if inside.checkpoints:
        yield (
            f"{_many(inside.checkpoints, 'point de contrôle signé', 'points de contrôle signés')} "
            f"dans le journal\u00a0; le dernier porte sur {_many(inside.last_size, 'ligne')}."
        )
    yield from _keys(inside)
    yield from _stamps(inside.stamps, reading.entries)
    if inside.other_anchors:
        yield (
            f"{_many(inside.other_anchors, 'dépôt')} par courriel ou par message\u00a0: demandez "
            "ces messages à qui les a reçus, et donnez-les par --checkpoint."
        )
    yield from inside.doubts
    yield from apart(reading.lag)


def unchecked(reading: Reading) -> Iterator[str]:
    """What could be checked and was not, and what to bring for it."""
    inside, trust, brought = reading.inside, reading.trust, reading.brought
    if reading.signatures and not brought.keys:
        yield (
            f"Les signatures des lignes ({reading.signatures} présentes, non vérifiées)\u00a0: "
            "donnez la clé publique notée ailleurs, par --key."
        )
    if trust.first > 1:
        yield (
            f"Les signatures des lignes 1 à {trust.first - 1}, faites avec une clé précédente. "
            "Votre clé couvre ces lignes par la chaîne."
        )
    if inside.unsigned:
        yield (
            f"{_many(inside.unsigned, 'signature')} de points de contrôle et de clés\u00a0: il y "
            "faut le module Python « cryptography »."
        )
    if any(inside.vouches(one.note, brought.keys) is None for one in brought.checkpoints):
        yield "La signature du point de contrôle donné\u00a0: il n'en porte pas d'une clé connue."
    alone = sum(not one.vouched for one in inside.stamps)
    if alone:
        yield (
            f"L'autorité derrière {_many(alone, 'horodatage')}\u00a0: donnez ses certificats, "
            "obtenus d'elle, par --tsa-certificate."
        )
    if inside.pins is not None and not inside.pinned_outside:
        yield (
            "Les certificats de l'autorité d'horodatage viennent du lot\u00a0: comparez-les avec "
            "ceux qu'elle publie."
        )


def limits(reading: Reading) -> Iterator[str]:
    """What no verification of this kind proves."""
    noted = max((one.entries for one in reading.brought.checkpoints), default=0)
    if not noted:
        yield (
            "Des lignes retirées à la fin, ou la dernière modifiée, ne se voient pas sans point "
            "de contrôle\u00a0: comparez le nombre de lignes et l'empreinte finale avec ceux "
            "notés à l'extérieur."
        )
    else:
        yield (
            f"Après la ligne {noted}, des lignes retirées à la fin, ou la dernière "
            "modifiée, ne se voient pas."
        )
    yield (
        "Un journal réécrit en entier, avant d'avoir été noté à l'extérieur, "
        "ne se distingue pas d'un journal d'origine."
    )
    yield (
        "La vérification dit que les lignes n'ont pas changé\u00a0; "
        "elle ne dit ni que tout a été noté, ni que ce qui est noté est exact."
    )


def _erasures(inside: Inside) -> Iterator[str]:
    by: dict[int, list[int]] = {}
    for seq, eraser in sorted(inside.erased.items()):
        by.setdefault(eraser, []).append(seq)
    for eraser, lines in by.items():
        what = _many(len(lines), "ligne effacée régulièrement", "lignes effacées régulièrement")
        yield f"{what}\u00a0: {listed(lines)}, par la ligne {eraser}."
    if inside.hollow:
        yield (
            "Lignes sans contenu dont l'effacement n'a pas été trouvé dans ce qui a été lu\u00a0: "
            f"{listed(inside.hollow)}."
        )
    if inside.restored:
        yield (
            "Lignes déclarées effacées dont le contenu est encore là\u00a0: "
            f"{listed(inside.restored)}. Prévenez le délégué à la protection des données."
        )


def _keys(inside: Inside) -> Iterator[str]:
    spans = inside.keys.spans
    if not spans:
        return
    yield (
        f"Clé nommée par le journal\u00a0: {legible(spans[0].key)}. Elle ne vaut que si vous "
        "la tenez aussi d'ailleurs."
    )
    for span in spans[1:]:
        how = (
            "sans l'accord de la précédente, déclarée perdue" if span.lost else "par la précédente"
        )
        yield f"Clé remplacée {how}, à partir de la ligne {span.first}\u00a0: {legible(span.key)}."


def _stamps(stamps: list[Stamped], entries: int) -> Iterator[str]:
    """Between which times the lines were written, by the word of others."""
    if not stamps:
        return
    first, last = stamps[0], stamps[-1]
    yield f"{_many(len(stamps), 'horodatage')}, de {', '.join(_names(stamps))}."
    yield f"Jusqu'à la ligne {first.size}, tout existait le {when(first.time)}{_sure(first)}."
    widest = max(pairwise(stamps), key=lambda pair: pair[1].time - pair[0].time, default=None)
    if widest:
        before, after = widest
        yield (
            f"De la ligne {before.seq + 1} à la ligne {after.size}, tout a été écrit entre le "
            f"{when(before.time)} et le {when(after.time)}\u00a0: c'est le plus long intervalle."
        )
    if last.seq < entries:
        yield (
            f"À partir de la ligne {last.seq + 1}, tout a été écrit après le {when(last.time)}. "
            "Rien ne dit encore avant quand."
        )
    yield from _skew(stamps)


def _names(stamps: Iterable[Stamped]) -> list[str]:
    names = {legible(one.authority) or "une autorité sans nom" for one in stamps}
    return [f"«\u00a0{name}\u00a0»" for name in sorted(names)]


def _sure(stamp: Stamped) -> str:
    return "" if stamp.vouched else ", si l'on en croit le jeton"


def _skew(stamps: Iterable[Stamped]) -> Iterator[str]:
    """Where the journal's clock and the authority's contradict each other."""
    ahead = max((one.written - one.time, one.seq) for one in stamps)
    behind = max((one.time - one.received, one.seq) for one in stamps)
    for (gap, seq), word in ((ahead, "avançait"), (behind, "retardait")):
        if gap > _NOTICED:
            yield (
                f"L'horloge du journal {word} d'au moins {_seconds(gap.total_seconds())} sur celle "
                f"de l'autorité (ligne {seq})."
            )


def apart(lag: Lag) -> Iterator[str]:
    """How far the journal's clock and Slack's were apart."""
    if lag.seq:
        yield (
            "Plus grand écart entre l'heure d'enregistrement et celle de Slack\u00a0: "
            f"{_seconds(abs(lag.seconds))} (ligne {lag.seq})."
        )
    if lag.late:
        yield f"{_many(lag.late, 'message relevé', 'messages relevés')} après coup."


def listed(lines: Iterable[int]) -> str:
    """« 14, 15 à 20, 31 », cut short when there are many."""
    spans: list[list[int]] = []
    for line in sorted(lines):
        if spans and line == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], line]
        else:
            spans.append([line])
    shown = [str(one[0]) if len(one) == 1 else _span(*one) for one in spans[:_MOST_LISTED]]
    return ", ".join(shown) + ("…" if len(spans) > _MOST_LISTED else "")


def _span(first: int, last: int) -> str:
    return f"{first}, {last}" if last == first + 1 else f"{first} à {last}"


def when(moment: datetime) -> str:
    """A moment in UTC, with its fractions when it has any."""
    moment = moment.astimezone(UTC)
    fraction = f",{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{moment:%d/%m/%Y à %H:%M:%S}{fraction} UTC"


def _seconds(value: float) -> str:
    if value >= 3600:  # noqa: PLR2004 - an hour
        return f"{value / 3600:.1f}\u00a0h".replace(".", ",")
    return f"{value:.1f}\u00a0s".replace(".", ",")


def _many(count: int, one: str, several: str = "") -> str:
    """« 1 ligne », « 3 lignes »."""
    return f"{count} {one if count == 1 else several or one + 's'}"

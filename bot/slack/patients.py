"""A private word to who has just written what identifies a patient, and how to take it away.

The message is in the log already, as everything that is said: nothing is held back and nothing is
changed here.  Only the author is told.
"""

from collections.abc import Iterable
from datetime import date

from bot.core.erasable import Recorded, texts
from bot.core.french import joined, typography
from bot.core.identifiers import find, told


def warning(text: str, today: date, seq: int, *, in_channel: bool = False) -> str:
    """What to tell the author of this text, recorded as line ``seq``; empty when nothing is wrong.

    ``in_channel`` says that it can be read in the channel too.
    """
    found = find(text, today)
    if not found:
        return ""
    first = "Modifiez ou supprimez votre message, puis faites" if in_channel else "Faites"
    return typography(
        f"⚠️ Vous venez d'écrire ce qui ressemble à {told(found)}. Aucune identité de patient ici. "
        f"{first} effacer la ligne {seq} de la main courante, à deux personnes habilitées : "
        f"« /crise effacer {seq} »."
    )


def of_form(facts: Iterable[Recorded], today: date) -> str:
    """What to tell the author of a form recorded as these facts; empty when nothing is wrong."""
    lines = {stamp.seq: find("\n".join(texts(fact)), today) for fact, stamp in facts}
    wrong = {seq: found for seq, found in lines.items() if found}
    if not wrong:
        return ""
    what = told(tuple(one for found in wrong.values() for one in found))
    many = "s" if len(wrong) > 1 else ""
    where = joined([str(one) for one in wrong])
    return typography(
        f"⚠️ Votre formulaire contient ce qui ressemble à {what}. Aucune identité de patient ici. "
        f"Faites effacer la ligne{many} {where} de la main courante, à deux personnes habilitées, "
        f"dans le canal de la crise : « /crise effacer {' '.join(map(str, wrong))} »."
    )

"""A private word to who has just written what identifies a patient, and how to take it away.

The message is in the log already, as everything that is said: nothing is held back and nothing is
changed here.  Only the author is told.
"""

from datetime import date

from bot.core.french import typography
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

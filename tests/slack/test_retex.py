"""« /crise retex » : the draft in private, the file read again, what is mended, what joins."""

import asyncio
from pathlib import Path
from typing import Any

from bot.core.evidence import ExportMade
from tests.service.numbers import FIRST
from tests.slack.conftest import Night, any_text, read, words
from tests.slack.test_adoption import writable


def sent_files(night: Night, person: str) -> list[dict[str, Any]]:
    """The files that a person has in their private conversation with the bot."""
    room = night.double.world.conversation([person]).id
    return [one for message in night.double.messages(room) for one in message.files]


async def asks(night: Night, who: str) -> str:
    """Ask for the draft; what is answered, at once or, on a slow machine, a little later."""
    await night.say(who, "retex")
    await night.double.wait(lambda double: any_text(double.ephemerals(who), "en message privé"), 30)
    return "\n".join(read(one) for one in night.double.ephemerals(who))


async def verses(night: Night, text: str) -> str:
    """Put a file in the form, send it; all that the screen then says."""
    await night.say("bruno.t", "retex verser")
    await night.double.wait(lambda double: double.view("bruno.t") is not None, 20)
    put = night.double.upload("bruno.t", "retex.md", text.encode())
    sent = await night.double.submit("bruno.t", {"file": [put]})
    assert not sent.errors, sent.errors
    await night.double.wait(
        lambda double: any(
            one in words(double.view("bruno.t")) for one in ("Versé", "À corriger", "à corriger")
        ),
        30,
    )
    shown = words(night.double.view("bruno.t"))
    await night.double.close_view("bruno.t", everything=True)
    return shown


async def test_a_write_up_is_drafted_mended_and_joins(tmp_path: Path) -> None:
    """From the log to the file: recorded, without a name, refused with its line, then let in."""
    async with writable(tmp_path) as night:
        await night.say("bruno.t", "fait R01 appel de 3h10 noté")
        await night.say("claire", "décision Couper Internet avec Diane Fictive")
        await night.say("claire", "clore fausse alerte")
        told = await asks(night, "bruno.t")
        assert "Verser le fichier relu" in told
        assert isinstance(night.last()[0], ExportMade)
        await night.double.wait(lambda _: sent_files(night, "U02BRUNO"), 20)
        (file,) = sent_files(night, "U02BRUNO")
        assert file["name"] == f"retex-{FIRST}.md"
        text = night.double.world.files[file["id"]]["content"].decode()
        assert "Diane" not in text
        assert "Délégué à la protection des données" in text

        shown = await verses(night, text.replace("- Durée", "- Diane Fictive a tenu. Durée"))
        assert "Diane Fictive" in shown
        assert "ligne" in shown
        knowledge = night.house.settings.tocsin_knowledge_dir
        assert not list(knowledge.rglob("*.md"))

        assert f"retex-{FIRST}.md" in await verses(night, text)
        assert (knowledge / f"incidents/retex-{FIRST}.md").read_text(encoding="utf-8") == text


async def test_only_authors_let_a_write_up_in(tmp_path: Path) -> None:
    """The cell may read its draft; the library is the authors'."""
    async with writable(tmp_path) as night:
        told = await asks(night, "diane")
        assert "encore ouverte" in told
        assert "un auteur des playbooks le verse" in told
        assert "réservé à ses auteurs" in await night.say("diane", "retex verser")


async def test_the_draft_names_the_very_lines_that_it_is_made_of(tmp_path: Path) -> None:
    """The log goes on while the draft is written: its entry names a line and the hash of it."""
    async with writable(tmp_path) as night:
        said = [night.say("claire", f"note Constat {number}") for number in range(12)]
        await asyncio.gather(night.say("bruno.t", "retex"), *said, asks(night, "hugo"))
        made = [fact for fact, _ in night.facts() if isinstance(fact, ExportMade)]
        assert len(made) == 2
        hashes = {one.seq: one.hash for one in night.house.service.entries(night.crisis.id)}
        assert [one.head for one in made] == [hashes[one.entries] for one in made]

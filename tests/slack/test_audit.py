"""An auditor lists, reads, exports and verifies; everything else is refused, all of it recorded."""

import sqlite3
from pathlib import Path

import pytest

from bot.core.rights import AUDIT, OPEN, TABLE, allowed
from bot.grammar import WORDS
from tests.slack.conftest import Night, house_on_slack

AUDITOR, MEMBER = "aude", "gilles"


def come(night: Night, name: str, person: str) -> None:
    """Somebody of the workspace who is not of the cell."""
    night.double.world.add_user(name, id=person)
    night.double.channel("general").members.append(person)


async def test_an_auditor_reads_a_closed_crisis_from_elsewhere_and_leaves_a_trace(
    tmp_path: Path,
) -> None:
    """List, journal, verification and export, by number, in private; the journal has each."""
    async with house_on_slack(tmp_path, tocsin_auditors="U77AUDE") as night:
        come(night, AUDITOR, "U77AUDE")
        await night.opened()
        number = night.crisis.id
        await night.say("claire", "note Le serveur de fichiers est isolé.")

        listed = await night.say(AUDITOR, "audit", "general")
        assert number in listed
        assert "en cours" in listed
        page = await night.say(AUDITOR, f"journal {number} 1", "general")
        assert "Tocsin" in page
        assert f"/crise journal {number} 13" in page
        assert "serveur de fichiers" in await night.say(AUDITOR, f"journal {number}", "general")
        verdict = await night.say(AUDITOR, f"vérifier {number.lower()}", "general")
        assert "conforme" in verdict
        assert "Ce que cela ne prouve pas" in verdict
        assert "message privé" in await night.say(AUDITOR, f"exporter {number}", "general")

        kinds = [fact.name for fact, stamp in night.facts() if stamp.actor.id == "U77AUDE"]
        assert kinds == [
            "journal_consulted",
            "journal_consulted",
            "journal_consulted",
            "verification_made",
            "export_made",
        ]
        shared = [each["file"] for each in night.double.world.files.values()]
        assert [one["name"] for one in shared] == [f"main-courante-{number}.zip"]
        assert not [one for one in night.double.posts("general") if one.files]


async def test_an_auditor_does_nothing_else(tmp_path: Path) -> None:
    """Neither by a word, nor by a form, nor as a guest of the channel."""
    async with house_on_slack(tmp_path, tocsin_auditors="S01AUDIT") as night:
        come(night, AUDITOR, "U77AUDE")
        night.double.world.usergroups["S01AUDIT"] = {"id": "S01AUDIT", "users": ["U77AUDE"]}
        channel = await night.opened()
        night.double.channel(channel).members.append("U77AUDE")
        seq = night.crisis.seq
        for line in ("note Je passais par là", "décision Couper", "étapes", "clore Fini"):
            assert "auditeur" in await night.say(AUDITOR, line)
        assert "auditeur" in await night.say(AUDITOR, "déclarer", "general")
        assert "auditeur" in await night.say(AUDITOR, "question on fait quoi", "general")
        assert not [fact for fact, stamp in night.facts(seq) if stamp.actor.id == "U77AUDE"]
        assert "Main courante" in await night.say(AUDITOR, "journal")


async def test_who_is_neither_is_refused(tmp_path: Path) -> None:
    """A colleague of the workspace cannot list the crises nor open one by its number."""
    async with house_on_slack(tmp_path, tocsin_auditors="U77AUDE") as night:
        come(night, MEMBER, "U78GILLES")
        await night.opened()
        seq = night.crisis.seq
        for line in ("audit", *(f"{word} {night.crisis.id}" for word in ("journal", "exporter"))):
            assert "réservé" in await night.say(MEMBER, line, "general")
        assert "n'existe pas" in await night.say("claire", "journal 2019-0001", "general")
        assert "Main courante" in await night.say("claire", f"journal {night.crisis.id}", "general")
        assert not [fact for fact, stamp in night.facts(seq) if stamp.actor.id == "U78GILLES"]


async def test_a_broken_chain_is_told_by_its_first_bad_line(night: Night) -> None:
    """A line changed in the database behind our back: its place, what to do, no stack trace."""
    await night.opened()
    await night.say("claire", "note Premier constat.")
    good = await night.say("claire", "vérifier")
    assert "conforme" in good
    file = night.house.settings.tocsin_data_dir / "tocsin.db"
    with sqlite3.connect(file) as database:
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry'"
        ).fetchall()
        for (name,) in names:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(
            """UPDATE entry SET line = replace(line, '"kind":"', '"kind":"x') WHERE seq = 3"""
        )
    told = await night.say("claire", "vérifier")
    assert "défaut" in told
    assert "ligne 3" in told
    assert "N'effacez et ne réparez rien" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_its_rights(word: str) -> None:
    """The cell may use every word but the list; an auditor those of an audit; others the rest."""
    assert allowed(word, {"cell"}) == (word != "audit")
    assert allowed(word, {"auditor"}) == (word in AUDIT | {"aide"})
    assert allowed(word, {"outsider"}) == (word in OPEN)


def test_the_table_names_only_words_that_exist() -> None:
    """A right to a word that nobody can type would be a slip."""
    named = {one for row in TABLE.values() if row is not None for one in row}
    assert named <= set(WORDS)

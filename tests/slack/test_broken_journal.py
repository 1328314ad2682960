"""A journal of another time was altered: the bot starts, serves the cell, and auditors are told."""

import sqlite3
from pathlib import Path

from tests.double import Double
from tests.slack.conftest import awake
from tests.slack.test_health import free_port, page


def alter(file: Path) -> None:
    """Change one line as somebody does who holds the file: past the triggers."""
    connection = sqlite3.connect(file)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("UPDATE entry SET line = 'x' || line WHERE seq = 3")
    connection.commit()
    connection.close()


async def test_the_next_crisis_is_served_although_an_older_journal_is_broken(
    slack: Double, tmp_path: Path
) -> None:
    """Declared, recorded and listed as on any other night; the broken one is named as such."""
    async with awake(slack, tmp_path) as before:
        await before.opened()
        await before.say("claire", "clore fausse alerte")
        old = before.crisis.id
    alter(tmp_path / "data" / "tocsin.db")
    port = free_port()
    async with awake(slack, tmp_path, tocsin_auditors="U08PAUL", tocsin_health_port=port) as night:
        await night.opened("diane", title="Panne de la messagerie")
        assert night.crisis.id != old
        assert "Enregistré" in await night.say("diane", "note Prestataire appelé.")
        listed = await night.say("paul", "audit", "general")
        assert f"{old}* : La main courante ne se vérifie plus" in listed
        assert "Panne de la messagerie" in listed
        verdict = await night.say("paul", f"journal {old}", "general")
        assert "ne se vérifie plus" in verdict
        assert "\ntocsin_broken_journals 1\n" in (await page(port, "metrics"))[1]

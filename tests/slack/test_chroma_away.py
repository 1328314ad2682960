"""A Chroma server that dies in the middle of a crisis: answers go on, say so, then heal."""

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.library import server_state
from bot.library.models import embeddings_name
from bot.library.passages import load_passages
from bot.wiring import bot as wiring
from tests.library.chroma_server import Server
from tests.slack.conftest import Night, house_on_slack

ASKED = "question que dire aux journalistes sur l'attaque"
SURE, TO_CHECK = "Correspondance nette", "À vérifier"
PATIENCE = 60.0


async def answered(night: Night, wanted: str) -> str:
    """Ask until an answer holds these words; the last answer."""
    until = asyncio.get_running_loop().time() + PATIENCE
    said = ""
    while wanted.casefold() not in said.casefold():
        assert asyncio.get_running_loop().time() < until, said
        said = await night.say("paul", ASKED)
        await asyncio.sleep(0.2)
    return said


async def test_answers_go_on_without_the_server_and_heal_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by both legs; killed, by words alone and to be checked; back, by both again."""
    monkeypatch.setattr(wiring, "RETRY_SECONDS", 1.0)
    pages = tmp_path / "knowledge"
    shutil.copytree(Path("knowledge") / "reperes", pages / "reperes")
    (tmp_path / "server").mkdir()
    server = Server(tmp_path / "server")
    await asyncio.to_thread(server.start)
    try:
        async with house_on_slack(
            tmp_path, chroma_url=server.url, tocsin_knowledge_dir=pages
        ) as night:
            await night.opened()
            sure = await answered(night, SURE)
            settings = night.house.settings
            corpus = load_passages(settings.tocsin_playbooks_dir, pages)
            state = await asyncio.to_thread(
                server_state.look, server.url, embeddings_name(""), corpus
            )
            assert (state.whole, state.expected) == (True, True), state

            server.stop()
            alone = await answered(night, TO_CHECK)
            assert SURE not in alone
            assert "journaliste" in alone

            await asyncio.to_thread(server.start)
            assert await answered(night, SURE) == sure
    finally:
        server.stop()

"""The index on a real Chroma server that two processes share: one truth, never trusted blindly."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.library.corpus import Corpus, Passage
from bot.library.server import ServerIndex, connect
from bot.library.vectors import HashEmbedder
from tests.library.chroma_server import Server


def corpus(salt: str = "") -> Corpus:
    """Twelve passages that differ by one word each."""
    base = Passage("", "repere", "Notes", "", "f.md", (1, 1), "")
    return Corpus(
        tuple(
            replace(base, id=f"f.md#{n}", section=f"s{n}", text=f"mot{n * 7919 % 9973} {salt}")
            for n in range(12)
        )
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests of this file."""
    made = Server(tmp_path_factory.mktemp("server"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def process(server: Server, tmp_path: Path) -> Iterator[Callable[[str], ServerIndex]]:
    """The index of one more process, with a data folder of its own."""
    made: list[ServerIndex] = []

    def one(name: str) -> ServerIndex:
        made.append(ServerIndex(tmp_path / name, HashEmbedder(), server.url))
        return made[-1]

    yield one
    for index in made:
        index.close()


def finds(index: ServerIndex, of: Corpus) -> bool:
    """Whether each passage is the nearest to its own word."""
    return all(
        index.nearest(one.text, {one.text.split()[0]: 1.0}, 3)[:1] == [one.id]
        for one in of.passages
    )


def generations(server: Server) -> set[str]:
    """The collections on the server, but for the pointer."""
    client = connect(server.url)
    names = {one.name for one in client.list_collections()} - {"tocsin-current"}
    client.close()
    return names


def test_two_processes_share_what_one_of_them_built(
    server: Server, process: Callable[[str], ServerIndex]
) -> None:
    """Built once, found by the other; each answers the same."""
    first, second, texts = process("a"), process("b"), corpus("partagé")
    first.refresh(texts)
    second.refresh(texts)
    assert (first.reason, second.reason) == ("", "")
    assert (bool(first.built), second.built, second.embedded) == (True, "", 0)
    assert finds(first, texts)
    assert finds(second, texts)


def test_built_by_two_at_once_it_is_whole(
    server: Server, process: Callable[[str], ServerIndex]
) -> None:
    """Three processes that find nothing build the same thing side by side."""
    indexes, texts = [process(name) for name in "abc"], corpus("ensemble")
    threads = [threading.Thread(target=one.refresh, args=(texts,)) for one in indexes]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [one.reason for one in indexes] == [""] * 3
    assert all(finds(one, texts) for one in indexes)


def test_new_texts_replace_old_ones_and_leave_no_more_than_one_behind(
    server: Server, process: Callable[[str], ServerIndex]
) -> None:
    """Who still serves the old texts goes on; those before them are removed."""
    first, second = process("a"), process("b")
    old, new = corpus("avant"), corpus("après")
    for texts in (corpus("jadis"), old, new):
        first.refresh(texts)
        if texts is old:
            second.refresh(old)
    assert finds(first, new)
    assert finds(second, old)
    assert len({one[:31] for one in generations(server)}) == 2


def test_what_was_never_finished_or_lost_a_part_is_built_again(
    server: Server, process: Callable[[str], ServerIndex]
) -> None:
    """A generation without its description, or short of passages, serves nobody."""
    index, texts = process("a"), corpus("entamé")
    index.refresh(texts)
    client = connect(server.url)
    pointer = client.get_collection("tocsin-current", embedding_function=None)
    name = str((pointer.metadata or {})["current"])
    client.get_collection(f"{name}-repere", embedding_function=None).delete(ids=["f.md#3"])
    index.refresh(texts)
    assert index.built
    assert finds(index, texts)

    client.delete_collection(name)
    client.close()
    index.refresh(texts)
    assert index.built
    assert finds(index, texts)


def test_a_server_that_goes_away_costs_vectors_for_a_while(tmp_path: Path) -> None:
    """Killed, a question finds nothing by vectors and says why; back, it serves again."""
    (tmp_path / "s").mkdir()
    server, texts = Server(tmp_path / "s"), corpus("absence")
    index = ServerIndex(tmp_path / "a", HashEmbedder(), server.url)
    index.refresh(texts)
    assert "ne répond pas" in index.reason
    server.start()
    try:
        index.refresh(texts)
        assert finds(index, texts)
        server.stop()
        assert index.nearest("mot0", {"mot0": 1.0}, 3) == []
        assert "ne répond plus" in index.reason
        server.start()
        index.refresh(texts)
        assert finds(index, texts)
        assert not index.built
    finally:
        server.stop()
        index.close()


@pytest.mark.parametrize(
    "url", ["chroma:8000", "ftp://x", "http://", "http://h:port", "http://h/x"]
)
def test_an_address_that_is_none_is_a_setting_to_correct(url: str, tmp_path: Path) -> None:
    """What cannot be an address is told with the name of the setting."""
    with pytest.raises(SettingError, match="CHROMA_URL"):
        ServerIndex(tmp_path, HashEmbedder(), url)

"""The index on a real Chroma: built once, rebuilt when needed, never trusted."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from bot.errors import OutsideService
from bot.library.corpus import Corpus, Passage
from bot.library.glossary import Glossary
from bot.library.index import Index
from bot.library.models import ModelEmbedder
from bot.library.search import Library
from bot.library.vectors import HashEmbedder, Vector

ROOT = Path(__file__).parents[2]


def corpus(size: int = 20, salt: str = "") -> Corpus:
    """Passages that differ by one word each."""
    base = Passage("", "repere", "Notes", "", "f.md", (1, 1), "")
    return Corpus(
        tuple(
            replace(base, id=f"f.md#{n}", section=f"s{n}", text=f"mot{n * 7919 % 9973} {salt}")
            for n in range(size)
        )
    )


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[Index]]:
    """Indexes to be closed at the end, in order."""
    held: list[Index] = []
    yield held
    for index in held:
        index.close()


def reopen(
    held: list[Index], folder: Path, of: Corpus, embedder: HashEmbedder | None = None
) -> Index:
    """Close the last index, if any, and open one of that corpus."""
    if held:
        held[-1].close()
    held.append(Index.open(folder, of, Glossary(), embedder or HashEmbedder()))
    return held[-1]


def first(index: Index, passage: Passage) -> str:
    """The id that the index finds nearest to the first word of a passage."""
    return index.nearest(passage.text, {passage.text.split()[0]: 1.0}, 3)[0]


def test_what_did_not_change_is_embedded_once(tmp_path: Path, opened: list[Index]) -> None:
    """The first opening embeds all, the second nothing, a change only what changed."""
    index = reopen(opened, tmp_path, corpus())
    assert (index.ready, index.built, index.embedded) == (True, "premier index", 20)
    assert first(index, corpus().passages[7]) == "f.md#7"

    index = reopen(opened, tmp_path, corpus())
    assert (index.ready, index.built, index.embedded) == (True, "", 0)
    assert first(index, corpus().passages[7]) == "f.md#7"

    changed = list(corpus().passages)
    changed[3] = replace(changed[3], text="autrement")
    index = reopen(opened, tmp_path, Corpus(tuple(changed)))
    assert (index.ready, index.built, index.embedded) == (True, "textes modifiés", 1)
    assert first(index, changed[3]) == "f.md#3"
    assert len(list((tmp_path / "library" / "generations").iterdir())) == 1


class _Renamed(HashEmbedder):
    """The same vectors under another name."""

    name = "autre-modele"


def test_another_model_builds_again(tmp_path: Path, opened: list[Index]) -> None:
    """Vectors of two models are never mixed."""
    reopen(opened, tmp_path, corpus())

    index = reopen(opened, tmp_path, corpus(), _Renamed())

    assert index.built == "autre modèle (hachage-1 avant, autre-modele maintenant)"
    assert index.embedded == 20


def test_another_version_builds_again(tmp_path: Path, opened: list[Index]) -> None:
    """A generation of another format is noticed, whatever it holds, and the reason is told."""
    reopen(opened, tmp_path, corpus()).close()
    meta = next((tmp_path / "library" / "generations").iterdir()) / "meta.json"
    meta.write_text(meta.read_text().replace('"format": 1', '"format": 0'), encoding="utf-8")

    index = reopen(opened, tmp_path, corpus())

    assert (index.built, index.embedded, index.current) == ("autre version de Tocsin", 0, True)


def test_building_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passages done, out of how many, after each batch."""
    monkeypatch.setattr("bot.library.index.BATCH", 8)
    told: list[tuple[int, int]] = []

    def progress(done: int, whole: int) -> None:
        told.append((done, whole))

    Index.open(tmp_path, corpus(), Glossary(), HashEmbedder(), progress).close()

    assert [one for one in told if one[0]] == [(8, 20), (16, 20), (20, 20)]


class _Watched(HashEmbedder):
    """The offline vectors, and what the index answers while new ones are made."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        super().__init__()
        self.index: Index | None = None
        self.meanwhile: list[str] = []

    def documents(self, texts: Sequence[str]) -> list[Vector]:
        """Ask the index before answering it."""
        if self.index is not None:
            self.meanwhile.append(first(self.index, corpus().passages[7]))
        return super().documents(texts)


def test_what_was_there_answers_until_the_new_one_does(tmp_path: Path) -> None:
    """A changed file never takes the vectors away, not even while they are made again."""
    model = _Watched()
    model.index = Index.open(tmp_path, corpus(), Glossary(), model)
    added = replace(corpus().passages[0], id="f.md#new", text="nouveauté")

    model.index.refresh(Corpus((*corpus().passages, added)))

    assert model.meanwhile == ["f.md#7"]
    assert (model.index.built, model.index.embedded) == ("textes modifiés", 1)
    assert first(model.index, added) == "f.md#new"
    assert len(list((tmp_path / "library" / "generations").iterdir())) == 1
    model.index.close()


def _overwrite(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(b"\xff" * 4096)


def _truncate(folder: Path) -> None:
    for file in folder.rglob("*.bin"):
        file.write_bytes(b"")
    (folder / "chroma" / "chroma.sqlite3").write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_overwrite, id="every file overwritten"),
        pytest.param(_truncate, id="store emptied"),
        pytest.param(lambda folder: shutil.rmtree(folder / "chroma"), id="store gone"),
        pytest.param(shutil.rmtree, id="generation gone"),
        pytest.param(
            lambda folder: (folder / "meta.json").write_text("{", encoding="utf-8"), id="meta cut"
        ),
        pytest.param(
            lambda folder: (folder.parents[1] / "CURRENT").write_bytes(b"\xff../../etc\n"),
            id="pointer to nowhere",
        ),
    ],
)
def test_a_damaged_store_is_built_again(
    tmp_path: Path, opened: list[Index], damage: Callable[[Path], object]
) -> None:
    """Whatever happened to the folder, the next opening serves right answers."""
    reopen(opened, tmp_path, corpus()).close()
    damage(next((tmp_path / "library" / "generations").iterdir()))

    index = reopen(opened, tmp_path, corpus())

    assert (index.ready, bool(index.built), index.embedded) == (True, True, 0)
    assert first(index, corpus().passages[11]) == "f.md#11"


def test_a_damaged_table_of_vectors_is_filled_again(tmp_path: Path, opened: list[Index]) -> None:
    """Losing the table costs time only."""
    reopen(opened, tmp_path, corpus()).close()
    (tmp_path / "library" / "vectors.sqlite").write_bytes(b"not a database" * 500)

    index = reopen(opened, tmp_path, corpus(salt="x"))

    assert (index.ready, index.embedded) == (True, 20)


CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import chromadb
from test_index import Glossary, HashEmbedder, Index, corpus
print("ready", flush=True)
n = 0
while True:
    n += 1
    index = Index.open(Path({folder!r}), corpus(300, f"tour{{n}}"), Glossary(), HashEmbedder())
    if {hold}:
        print(index.ready, flush=True)
        sys.stdin.read()
    index.close()
"""


def _child(folder: Path, *, hold: bool) -> subprocess.Popen[str]:
    code = CHILD.format(tests=str(Path(__file__).parent), folder=str(folder), hold=hold)
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_killed_while_building_it_is_whole_the_next_time(
    tmp_path: Path, opened: list[Index]
) -> None:
    """Five builders are killed at random moments; the next opening always serves."""
    chance = random.Random(20)
    for _ in range(5):
        with _child(tmp_path, hold=False) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                child.wait(timeout=chance.uniform(0.05, 0.9))
            child.send_signal(signal.SIGKILL)

    index = reopen(opened, tmp_path, corpus(300))

    assert index.ready, index.reason
    assert first(index, corpus(300).passages[250]) == "f.md#250"
    assert len(list((tmp_path / "library" / "generations").iterdir())) == 1


def test_a_second_process_reads_without_touching(tmp_path: Path, opened: list[Index]) -> None:
    """While another process holds the index: a copy of the same corpus, or words alone."""
    with _child(tmp_path, hold=True) as child:
        assert child.stdout is not None
        assert [child.stdout.readline(), child.stdout.readline()] == ["ready\n", "True\n"]
        before = sorted(str(path) for path in (tmp_path / "library").rglob("*"))

        same = reopen(opened, tmp_path, corpus(300, "tour1"))
        assert (same.ready, same.built, same.reason) == (True, "", "")
        assert first(same, corpus(300, "tour1").passages[42]) == "f.md#42"

        other = reopen(opened, tmp_path, corpus(5))
        assert (other.ready, other.built) == (False, "")
        assert "un autre processus" in other.reason
        assert other.nearest("mot0", {"mot0": 1.0}, 3) == []

        assert sorted(str(path) for path in (tmp_path / "library").rglob("*")) == before
        child.kill()

    assert reopen(opened, tmp_path, corpus(5)).ready


def test_a_second_process_follows_the_first(tmp_path: Path, opened: list[Index]) -> None:
    """The builder indexes other texts: asked again, the reader serves them too."""
    builder = Index.open(tmp_path, corpus(5), Glossary(), HashEmbedder())
    opened.append(builder)
    reader = Index(tmp_path / "library", HashEmbedder())
    opened.append(reader)
    reader.refresh(corpus(5))
    assert (reader.ready, reader.current) == (True, True)

    reader.refresh(corpus(7))
    assert (reader.ready, reader.current) == (True, False)
    builder.refresh(corpus(7))
    reader.refresh(corpus(7))

    assert (reader.current, reader.built) == (True, "")
    assert first(reader, corpus(7).passages[6]) == "f.md#6"


def test_a_model_by_setting_gives_its_own_vectors(tmp_path: Path, opened: list[Index]) -> None:
    """A LangChain model is indexed at its own size, and asked again only for what changed."""
    model = ModelEmbedder("essai:32", DeterministicFakeEmbedding(size=32))
    opened.append(Index.open(tmp_path, corpus(), Glossary(), model))

    assert (opened[0].ready, opened[0].embedded) == (True, 20)
    assert opened[0].nearest(corpus().passages[9].indexed, {}, 1) == ["f.md#9"]


class _Broken(HashEmbedder):
    """A model that stopped answering."""

    name = "en-panne"

    def documents(self, texts: Sequence[str]) -> list[Vector]:
        """Refuse, as a server that is down."""
        raise OutsideService("Le modèle d'essai")

    def question(self, text: str, words: Mapping[str, float]) -> Vector:
        """Refuse, as a server that is down."""
        raise OutsideService("Le modèle d'essai")


def test_without_vectors_the_search_goes_on_by_words(tmp_path: Path, opened: list[Index]) -> None:
    """The model is down: the index says so, and the words answer."""
    index = reopen(opened, tmp_path, corpus(), _Broken())
    library = Library(corpus(), Glossary())
    library.attach(index)

    hits = library.search(corpus().passages[4].text)

    assert (index.ready, library.dense, hits.dense) == (False, False, False)
    assert "ne répond pas" in index.reason
    assert hits.hits[0].passage.id == "f.md#4"


def test_a_folder_that_cannot_be_written_leaves_the_words(tmp_path: Path) -> None:
    """A file stands where the folder should be: no index, no error."""
    (tmp_path / "data").write_text("x", encoding="utf-8")

    index = Index.open(tmp_path / "data", corpus(), Glossary(), HashEmbedder())

    assert (index.ready, index.nearest("mot0", {"mot0": 1.0}, 3)) == (False, [])
    assert index.reason


def test_an_empty_library_is_no_error(tmp_path: Path, opened: list[Index]) -> None:
    """Nothing to index is an index that finds nothing."""
    index = reopen(opened, tmp_path, Corpus())

    assert index.nearest("mot", {"mot": 1.0}, 3) == []

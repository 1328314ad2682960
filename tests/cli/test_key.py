"""``tocsin key``: shown, replaced, declared lost, by real processes on real files."""

from pathlib import Path

import pytest

from bot.config import Settings
from bot.core.opening import OpenCrisis
from bot.journal.seal import VerifierKey
from bot.service import Ask, Done
from bot.wiring import House, build
from tests.cli.test_cli import CLAIRE, tocsin
from tests.core.plans import START
from tests.service.numbers import FIRST
from tests.service.signatures import signed_throughout


def _house(data: Path) -> House:
    return build(Settings(tocsin_data_dir=data, _env_file=None))  # type: ignore[call-arg]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one open crisis."""
    house = _house(tmp_path)
    opened = OpenCrisis("Écrans de rançon", house.plans["rancongiciel"], START)
    (done,) = house.service.commit([Ask("", CLAIRE, opened)])
    assert isinstance(done, Done)
    house.store.close()
    return tmp_path


def keys(data: Path) -> list[str]:
    """The keys that signed the journal, in order."""
    house = _house(data)
    entries = list(house.store.read(FIRST))
    house.store.close()
    return signed_throughout(entries)


def test_the_key_stands_alone_on_the_output(data: Path) -> None:
    """A script reads one line; a person reads beside it where to copy it."""
    done = tocsin("key", data=data)

    assert done.returncode == 0
    assert str(VerifierKey.parse(done.stdout)) + "\n" == done.stdout
    assert "classeur papier" in done.stderr
    assert "précédentes" not in done.stderr


def test_a_rotation_is_written_everywhere_and_told(data: Path) -> None:
    """The new key on the output, the one before beside it from then on, both in the journal."""
    before = tocsin("key", data=data).stdout.strip()

    done = tocsin("key", "--rotate", "--reason", "départ", data=data)
    shown = tocsin("key", data=data)

    assert (done.returncode, shown.returncode) == (0, 0)
    assert "Consignée dans 1 crise\u00a0: l'ancienne clé l'atteste." in done.stderr.replace(
        "1\u00a0crise", "1 crise"
    )
    assert shown.stdout == done.stdout
    assert before in shown.stderr
    assert keys(data) == [before, done.stdout.strip()]
    journal = tocsin("journal", FIRST, data=data).stdout
    assert "qui l'atteste. Raison : départ." in journal.replace("\u00a0", " ")


@pytest.mark.parametrize("spoilt", [True, False], ids=["spoilt", "gone"])
def test_a_lost_key_is_told_from_one_that_can_vouch(data: Path, *, spoilt: bool) -> None:
    """A rotation needs the old key; its loss is declared, kept aside if spoilt, and stated."""
    path = data / "keys" / "tocsin.pem"
    if spoilt:
        path.write_text("pas une clé", encoding="utf-8")
    else:
        path.unlink()

    refused = tocsin("key", "--rotate", data=data)
    done = tocsin("key", "--rotate", "--lost", "--reason", "disque détruit", data=data)
    again = tocsin("key", "--lost", data=data)

    assert (refused.returncode, done.returncode, again.returncode) == (3, 0, 3)
    assert "n'a pas pu l'attester, et c'est écrit" in done.stderr
    assert "rien n'est perdu" in again.stderr
    assert len(keys(data)) == 2
    names = {one.name for one in path.parent.iterdir()}
    assert names == {"tocsin.pem", *(["tocsin.pem.illisible-1"] if spoilt else [])}


def test_without_the_key_nothing_is_exported_in_its_name(data: Path) -> None:
    """A machine without the key writes the file, records nothing, and says which way out there is.

    The file is evidence as it stands; only its record in the journal is missing.
    """
    (data / "keys" / "tocsin.pem").rename(data / "ailleurs.pem")

    done = tocsin("export", FIRST, "--output", str(data / "lot.zip"), data=data)

    assert done.returncode == 3
    assert "--lost" in done.stderr
    assert "Traceback" not in done.stderr
    assert (data / "lot.zip").exists()
    (data / "ailleurs.pem").replace(data / "keys" / "tocsin.pem")
    assert len(keys(data)) == 1

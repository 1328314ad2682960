"""Files put in the channel or in a form: read through Slack, hashed, kept if asked, erased."""

import asyncio
import os
import sys
import zipfile
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.core.files import FileRead, FileUnread, fingerprint
from bot.journal.verify import verify_file
from bot.slack.gateway import _is_slacks as is_slacks
from tests.double import Double
from tests.double.server import BOT_TOKEN
from tests.slack.conftest import Night, awake
from tests.slack.test_erasure import asks, confirms, line_of

HOSTILE = "../../<!channel> =cmd|' .png"
KEPT: Mapping[str, Any] = {"tocsin_keep_files": "oui", "tocsin_keep_files_mb": 1}


def read_files(night: Night) -> dict[str, FileRead]:
    """What the journal has of files that were read, by name."""
    return {fact.filename: fact for fact, _ in night.facts() if isinstance(fact, FileRead)}


def unread(night: Night) -> list[tuple[str, str]]:
    """What the journal has of files that could not be read: name and reason, in order."""
    return [(f.filename, f.why) for f, _ in night.facts() if isinstance(f, FileUnread)]


def copies(night: Night) -> dict[str, bytes]:
    """The copies on disk."""
    folder = night.house.settings.files_dir
    return {one.name: one.read_bytes() for one in folder.glob("*")} if folder.is_dir() else {}


def digest(content: bytes) -> str:
    """SHA-256 of a content."""
    return sha256(content).hexdigest()


async def test_every_file_gets_its_fingerprint(night: Night) -> None:
    """In a message, in a thread, in a form: name, size and SHA-256 are entries; nothing is kept."""
    channel = await night.opened()
    photo, page = b"\x89PNG" * 100_000, b"journal du pare-feu\n"
    said = await night.double.message("eva", channel, "", files=[(HOSTILE, photo)])
    await night.double.message("hugo", channel, "v", thread_ts=said.ts, files=[("b.log", page)])
    await night.double.wait(lambda _: len(read_files(night)) == 2)
    found = read_files(night)
    assert found[HOSTILE].sha256 == digest(photo)
    assert (found[HOSTILE].size, found[HOSTILE].of) == (400_000, said.ts)
    assert found["b.log"].sha256 == digest(page)
    assert copies(night) == {}
    shown = await night.say("claire", "journal")
    assert f"b.log » lu : 20 octets, SHA-256 {digest(page)}, sans copie" in shown
    assert "<!channel>" not in shown

    await night.say("claire", "constat t_dp maintenant")
    await night.say("diane", "échéances")
    listed = night.double.ephemerals("diane")[-1]
    await night.double.click("diane", channel, listed.ts, "open:duty:cnil-initiale")
    await night.double.wait(lambda double: double.view("diane") is not None)
    receipt = night.double.upload("diane", "accuse.pdf", b"%PDF accuse")
    sent = await night.double.submit("diane", {"how": "sent", "files": [receipt]})
    assert sent.errors == {}
    await night.double.wait(lambda _: "accuse.pdf" in read_files(night))
    assert fingerprint(night.crisis, receipt["id"]) == digest(b"%PDF accuse")
    assert {(one.host, one.token) for one in night.double.downloads} == {
        (urlsplit(night.double.base).netloc, f"Bearer {BOT_TOKEN}")
    }


MISFORTUNES: Mapping[str, tuple[str, int, list[str], bool]] = {
    "a fault of Slack's passes": ("500", 2, [], True),
    "a connection cut in the middle": ("cut", 1, [], True),
    "a connection lost": ("reset", 2, [], True),
    "too many requests": ("429", 1, [], True),
    "Slack away for long, told once, then read": ("502_html", 3, ["away"], True),
    "led elsewhere": ("302", 3, ["refused"], False),
    "not there": ("404", 3, ["refused"], False),
    "a page to sign in": ("sign_in", 3, ["different"], False),
    "more than was told": ("longer", 3, ["different"], False),
}


def settled(night: Night, name: str, read: bool, _: Double) -> bool:
    """Whether a file was read, or is said not to be."""
    return name in (read_files(night) if read else dict(unread(night)))


async def test_what_goes_wrong_with_a_file(slack: Double, tmp_path: Path) -> None:
    """What passes is tried again; what lasts is told with its reason; no token goes astray."""
    async with awake(slack, tmp_path, **KEPT) as night:
        channel = await night.opened()
        for name, (kind, times, reasons, read) in MISFORTUNES.items():
            slack.fault("files.download", kind, times)
            before = len(unread(night))
            await slack.message("eva", channel, "", files=[(name, name.encode())])
            await slack.wait(partial(settled, night, name, read), 20)
            await slack.calm(0.3)
            assert unread(night)[before:] == [(name, one) for one in reasons], name
            assert not slack.api.faults.pick("files.download"), name
        contents = {digest(name.encode()) for name, row in MISFORTUNES.items() if row[3]}
        assert set(copies(night)) == contents
        assert all(one.path != "/trap" for one in slack.downloads)
        await night.shown("4 fichiers du canal n'ont pas pu être lus")

    # The next start tries once more what Slack had refused.
    async with awake(slack, tmp_path, **KEPT) as night:
        await slack.wait(lambda _: len(read_files(night)) == len(MISFORTUNES), 20)
        assert len(copies(night)) == len(MISFORTUNES)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param({"url_private": "http://localhost.example/f"}, "outside", id="foreign host"),
        pytest.param({"is_external": True}, "outside", id="external"),
        pytest.param({"mode": "hidden_by_limit"}, "hidden", id="free plan"),
        pytest.param({"size": 3 * 1024**3}, "too_big", id="too big"),
        pytest.param({"url_private": ""}, "outside", id="no address"),
    ],
)
async def test_what_cannot_be_read_at_all(night: Night, change: dict[str, Any], why: str) -> None:
    """Nothing is asked of another host; the reason lasts, and is told once."""
    channel = await night.opened()
    night.double.fault("files.info", "slow:0.3")
    await night.double.message("eva", channel, "", files=[("x.bin", b"x")])
    (stored,) = night.double.world.files.values()
    stored["file"] |= change
    await night.double.wait(lambda _: unread(night))
    await night.double.calm(0.3)
    assert unread(night) == [("x.bin", why)]
    assert night.double.downloads == []
    assert "non lu, sans empreinte" in await night.say("claire", "journal")


@pytest.mark.parametrize(
    ("url", "api", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", "https://slack.com/api/", True),
        ("https://slack.com/x", "https://slack.com/api/", True),
        ("http://files.slack.com/x", "https://slack.com/api/", False),
        ("https://files.slack.com:8443/x", "https://slack.com/api/", False),
        ("https://files.slack.com.evil.example/x", "https://slack.com/api/", False),
        ("https://evilslack.com/x", "https://slack.com/api/", False),
        ("https://files.slack.com@evil.example/x", "https://slack.com/api/", False),
        ("https://files.slack.com\\@evil.example/x", "https://slack.com/api/", False),
        ("https://evil.example/files.slack.com/x", "https://slack.com/api/", False),
        ("http://127.0.0.1:8080/f", "http://127.0.0.1:8080/api/", True),
        ("http://127.0.0.1:8081/f", "http://127.0.0.1:8080/api/", False),
        ("http://1.127.0.0.1:8080/f", "http://127.0.0.1:8080/api/", False),
        ("", "https://slack.com/api/", False),
    ],
)
def test_where_our_token_may_go(url: str, api: str, *, ours: bool) -> None:
    """Only to the host of the Web API or one under it, by the same scheme and port."""
    assert is_slacks(url, api) == ours


async def test_copies_are_kept_as_the_settings_say(slack: Double, tmp_path: Path) -> None:
    """A copy under its fingerprint, for our eyes only; not of what is larger; the same one once."""
    async with awake(slack, tmp_path, **KEPT) as night:
        channel = await night.opened()
        big = b"0" * (1024**2 + 1)
        number = night.crisis.id
        files = [(HOSTILE, b"photo"), ("encore.png", b"photo"), ("gros.iso", big)]
        await slack.message("eva", channel, "", files=files)
        await slack.wait(lambda _: len(read_files(night)) == 3)
        await slack.calm(0.2)
        assert copies(night) == {digest(b"photo"): b"photo"}
        assert {name: one.kept for name, one in read_files(night).items()} == {
            HOSTILE: True,
            "encore.png": True,
            "gros.iso": False,
        }
        assert read_files(night)["gros.iso"].sha256 == digest(big)
        folder = night.house.settings.files_dir
        modes = [one.stat().st_mode & 0o777 for one in (folder, *folder.iterdir())]
        assert modes == [0o700, 0o600]

    lot = tmp_path / "lot.zip"
    environment = {"PATH": os.environ["PATH"], "TOCSIN_DATA_DIR": str(tmp_path / "data")}
    command = ["export", number, "--output", str(lot), "--no-views", "--files"]
    export = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *command, cwd=Path(__file__).parents[2], env=environment
    )
    assert await export.wait() == 0
    with zipfile.ZipFile(lot) as opened:
        pieces = [one for one in opened.namelist() if one.startswith("pieces/")]
        assert pieces == [f"pieces/{digest(b'photo')}"]
        assert opened.read(pieces[0]) == b"photo"
    assert verify_file(lot).ok


async def test_a_file_goes_with_its_message(slack: Double, tmp_path: Path) -> None:
    """Erasing a message removes its file from our disk, unless another message brought the same."""
    async with awake(slack, tmp_path, **KEPT) as night:
        channel = await night.opened()
        await slack.message("hugo", channel, "la même", files=[("b.png", b"partagee")])
        await slack.wait(lambda _: "b.png" in read_files(night))
        await slack.message(
            "eva", channel, "dossier", files=[("dupont.pdf", b"dupont"), ("a.png", b"partagee")]
        )
        await slack.wait(lambda _: len(read_files(night)) == 3)
        await slack.calm(0.2)
        assert set(copies(night)) == {digest(b"dupont"), digest(b"partagee")}

        asked = await asks(night, "bruno.t", str(line_of(night, FileRead)))
        shown = await confirms(night, "diane", asked)
        assert "3" in shown
        await slack.wait(lambda _: digest(b"dupont") not in copies(night))
        assert set(copies(night)) == {digest(b"partagee")}
        assert "dupont.pdf" not in str(night.facts())
        state = next(one for one in night.crisis.files.values() if one.sha256 == digest(b"dupont"))
        assert state.erased
        assert fingerprint(night.crisis, state.id) == ""

    async with awake(slack, tmp_path, **KEPT) as night:
        await slack.calm(0.5)
        assert set(copies(night)) == {digest(b"partagee")}
        assert len([one for one, _ in night.facts() if one.name == "file_read"]) == 3


async def test_a_restart_goes_on_where_it_stood(slack: Double, tmp_path: Path) -> None:
    """A file heard and not yet read is read by the next process; one deleted since is told so."""
    async with awake(slack, tmp_path) as night:
        channel = await night.opened()
        slack.fault("files.info", "error:internal_error", times=999)
        said = await slack.message("eva", channel, "", files=[("a.png", b"a"), ("b.png", b"b")])
        await slack.wait(lambda double: double.called("files.info"))
    slack.api.faults.planned.clear()
    gone = slack.channel(channel).messages[said.ts].files[1]["id"]
    await slack.delete_file("eva", channel, said.ts, gone)
    async with awake(slack, tmp_path) as night:
        await slack.wait(lambda _: read_files(night) and ("b.png", "gone") in unread(night), 20)
        assert read_files(night)["a.png"].sha256 == digest(b"a")


async def test_without_the_scope_no_fingerprint_and_no_noise(tmp_path: Path) -> None:
    """An application installed before the scope existed is told of, once a file."""
    scopes = Double().scopes - {"files:read"}
    async with Double(retry_delays=(), scopes=scopes) as slack:
        for person, name in (("U01CLAIRE", "claire"), ("U07EVA", "eva")):
            slack.world.add_user(name, id=person)
            slack.world.channel("general").members.append(person)
        async with awake(slack, tmp_path) as night:
            await night.declare("claire")
            await slack.wait(lambda _: night.channel and "U07EVA" in night.crisis.members)
            await slack.message("eva", night.channel, "", files=[("a.png", b"a")])
            await slack.wait(lambda _: unread(night))
            await slack.calm(0.3)
            assert unread(night) == [("a.png", "refused")]
            refusals = [one for one in slack.called("files.info") if not one.ok]
            assert {one.result["error"] for one in refusals} == {"missing_scope"}

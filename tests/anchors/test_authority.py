"""A stamp asked of a real authority over HTTP: taken when it holds, told in French when not."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.anchors.authority import LARGEST, Authority
from bot.anchors.station import Receipt
from bot.errors import OutsideService
from bot.journal.stamp import check_token, read_pins, read_token
from tests.anchors import authority as made
from tests.anchors.authority import NOW, Wrong
from tests.anchors.program import Program, accepts
from tests.anchors.sealed import checkpoint
from tests.anchors.servers import REPLY, Handler, Stamper, stamping

#: Seconds to wait: for an authority on a machine that does ten other things, for one that is mute.
LONG, SHORT = 20.0, 0.3


@pytest.fixture
async def stamper(tmp_path: Path) -> AsyncIterator[Stamper]:
    """An authority whose certificates the establishment has in a file."""
    ours = made.Authority.make()
    (tmp_path / "tsa.pem").write_bytes(ours.pem)
    async with stamping(ours) as stamper:
        yield stamper


async def put(
    stamper: Stamper, folder: Path, policy: str = "", url: str = "", patience: float = LONG
) -> Receipt:
    """Put the checkpoint at that authority."""
    asked = Authority(url or stamper.url, folder / "tsa.pem", policy, patience)
    async with aiohttp.ClientSession() as session:
        return await asked.station(session).put(checkpoint(folder))


async def test_a_stamp_is_kept_as_it_came(stamper: Stamper, tmp_path: Path) -> None:
    """The receipt is the answer itself, and its time the authority's, with fractions."""
    receipt = await put(stamper, tmp_path)

    kept, note = b64decode(receipt.text), checkpoint(tmp_path).note.encode()
    assert receipt.stamped == NOW == read_token(kept).time
    assert check_token(kept, note, read_pins(stamper.authority.pem)) == []
    assert accepts(tmp_path, kept, note, stamper.authority, NOW)


async def test_the_openssl_program_as_the_authority(stamper: Stamper, tmp_path: Path) -> None:
    """The same with an authority that is not ours at all, from the request to the verdict."""
    now = datetime.now(UTC)
    pinned = made.Authority.make(begins=now - timedelta(days=1), ends=now + timedelta(days=1))
    (tmp_path / "tsa.pem").write_bytes(pinned.pem)
    program = Program(tmp_path / "program", pinned)
    stamper.made = program.answer

    receipt = await put(stamper, tmp_path, policy="1.2.3.4")

    kept, note = b64decode(receipt.text), checkpoint(tmp_path).note.encode()
    assert receipt.stamped is not None
    assert abs(receipt.stamped - now) < timedelta(minutes=1)
    assert read_token(kept).policy == "1.2.3.4"
    assert accepts(tmp_path, kept, note, pinned, None)


async def test_no_two_requests_are_the_same(stamper: Stamper, tmp_path: Path) -> None:
    """Each carries a number of its own, so that an old answer cannot be given again."""
    await put(stamper, tmp_path)
    await put(stamper, tmp_path)
    assert len(set(stamper.asked)) == 2


async def test_a_password_goes_to_the_authority_and_nowhere_else(
    stamper: Stamper, tmp_path: Path
) -> None:
    """The journal names the authority by its address without user, password or query."""
    url = stamper.url.replace("http://", "http://ch-fictif:secret@") + "?jeton=secret"
    asked = Authority(url, tmp_path / "tsa.pem")

    await put(stamper, tmp_path, url=url)

    assert stamper.users == ["Basic Y2gtZmljdGlmOnNlY3JldA=="]
    assert asked.where == stamper.url
    assert Authority("https://a:b@[::1]:84/x?y", tmp_path).where == "https://[::1]:84/x"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Wrong(status=2, said="quota épuisé"), "(état 2\u00a0: quota épuisé)"),
        (Wrong(nonce=5), "son numéro de demande est un autre"),
        (Wrong(imprint=bytes(32)), "porte sur un autre texte"),
        (Wrong(policy="1.2.3.9"), "une autre politique (1.2.3.9) que celle demandée (1.2.3.4)"),
        (Wrong(signed_at="20261121031628Z"), "La signature du jeton n'est pas celle"),
    ],
    ids=["refused", "nonce", "imprint", "policy", "signature"],
)
async def test_a_stamp_that_does_not_hold_is_no_receipt(
    stamper: Stamper, tmp_path: Path, wrong: Wrong, said: str
) -> None:
    """What would not convince an auditor is not kept as if it would."""
    stamper.wrong = wrong
    with pytest.raises(OutsideService) as refused:
        await put(stamper, tmp_path, policy="1.2.3.4")
    assert said in refused.value.for_people()


async def test_another_authority_at_the_same_address_is_refused(
    stamper: Stamper, tmp_path: Path
) -> None:
    """Whoever answers in its place, under the same names, holds another key."""
    stamper.authority = made.Authority.make()
    with pytest.raises(OutsideService, match="son certificat est un autre"):
        await put(stamper, tmp_path)


async def _fails(request: web.Request, query: bytes) -> web.StreamResponse:
    return web.Response(status=500, text="<html>…</html>")


async def _moved(request: web.Request, query: bytes) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": "/tsr"})


async def _page(request: web.Request, query: bytes) -> web.StreamResponse:
    return web.Response(text="<html>Portail captif</html>", content_type="text/html")


async def _garbage(request: web.Request, query: bytes) -> web.StreamResponse:
    return web.Response(body=b"\x30\x03\x02\x01", content_type=REPLY)


async def _mute(request: web.Request, query: bytes) -> web.StreamResponse:
    await asyncio.sleep(30)
    raise AssertionError("nobody waited")


async def _drips(request: web.Request, query: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": REPLY})
    await response.prepare(request)
    while True:
        await response.write(b"\x30")
        await asyncio.sleep(0.05)


async def _floods(request: web.Request, query: bytes) -> web.StreamResponse:
    return web.Response(body=bytes(LARGEST + 1), content_type=REPLY)


async def _hangs_up(request: web.Request, query: bytes) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        (_fails, "répond par une erreur (HTTP 500)"),
        (_moved, "répond par une erreur (HTTP 302)"),
        (_page, "répond autre chose qu'un horodatage"),
        (_garbage, "Le jeton est illisible"),
        (_mute, "ne répond pas"),
        (_drips, "ne répond pas"),
        (_floods, "répond trop longuement"),
        (_hangs_up, "ne répond pas"),
    ],
    ids=["500", "redirection", "web page", "garbage", "mute", "drips", "floods", "hangs up"],
)
async def test_an_authority_that_misbehaves_is_told(
    stamper: Stamper, tmp_path: Path, instead: Handler, said: str
) -> None:
    """Within its time, whatever comes; the sentence says what happened."""
    stamper.instead = instead
    async with asyncio.timeout(LONG):
        with pytest.raises(OutsideService) as refused:
            await put(stamper, tmp_path, patience=SHORT if instead in (_mute, _drips) else LONG)
    assert said in refused.value.for_people()


async def test_nobody_at_the_address(tmp_path: Path) -> None:
    """A port where nothing listens is an authority that does not answer."""
    async with stamping(made.Authority.make()) as gone:
        pass
    (tmp_path / "tsa.pem").write_bytes(gone.authority.pem)
    with pytest.raises(OutsideService, match="ne répond pas"):
        await put(gone, tmp_path)


async def test_the_certificates_are_read_at_each_stamp(stamper: Stamper, tmp_path: Path) -> None:
    """A file that is missing or wrong is told by its name; put right, it needs no restart."""
    right = (tmp_path / "tsa.pem").read_bytes()
    (tmp_path / "tsa.pem").unlink()
    with pytest.raises(OutsideService, match=r"tsa\.pem ne peut pas être lu"):
        await put(stamper, tmp_path)
    (tmp_path / "tsa.pem").write_bytes(stamper.authority.root.pem)
    with pytest.raises(OutsideService, match="il manque le certificat de l'autorité elle-même"):
        await put(stamper, tmp_path)
    (tmp_path / "tsa.pem").write_bytes(right)
    assert (await put(stamper, tmp_path)).stamped == NOW


async def test_an_authority_that_changes_its_certificate(stamper: Stamper, tmp_path: Path) -> None:
    """With the new one added to the file, old and new stamps both hold."""
    before = b64decode((await put(stamper, tmp_path)).text)
    stamper.authority = stamper.authority.twin()
    with pytest.raises(OutsideService, match="son certificat est un autre"):
        await put(stamper, tmp_path)
    file = tmp_path / "tsa.pem"
    file.write_bytes(file.read_bytes() + stamper.authority.leaf.pem)

    after = b64decode((await put(stamper, tmp_path)).text)

    note, pins = checkpoint(tmp_path).note.encode(), read_pins(file.read_bytes())
    assert check_token(before, note, pins) == check_token(after, note, pins) == []
    assert replace(read_token(before), nonce=0) != replace(read_token(after), nonce=0)

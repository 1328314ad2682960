"""Checkpoints by e-mail, to a real server: what is sent, what is refused, what is never said."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from bot.anchors.mail import Mailer, Server, read_server
from bot.anchors.station import Receipt, Sealed
from bot.errors import OutsideService
from bot.journal.seal import VerifierKey, read_note
from tests.anchors.sealed import AT, checkpoint
from tests.anchors.servers import HOST, Letterbox, Letters, mailing, trusting
from tests.core.plans import PLAN

ADDRESS = "temoin@agence.example"
SENDER = "tocsin@ch-fictif.example"
USER, PASSWORD = "tocsin", "un-secret"


#: Seconds that a server may be mute: on a machine that does ten other things, and to be given up.
LONG, SHORT = 20.0, 0.3


def mailer(
    box: Letterbox,
    security: str = "smtp",
    trust: ssl.SSLContext | None = None,
    patience: float = LONG,
) -> Mailer:
    """Who sends through this server."""
    user, password = (USER, PASSWORD) if security != "smtp" else ("", "")
    server = Server(security, HOST, box.port, user, password)  # type: ignore[arg-type]
    return Mailer(server, SENDER, lambda: AT + timedelta(seconds=3), trust, patience)


async def send(
    box: Letterbox, sealed: Sealed, address: str = ADDRESS, patience: float = LONG
) -> Receipt:
    """Send a checkpoint there in the clear."""
    return await mailer(box, patience=patience).station(address).put(sealed)


@pytest.mark.parametrize("exercise", [False, True], ids=["real", "exercise"])
async def test_what_a_witness_receives(tmp_path: Path, exercise: bool) -> None:
    """What it is, what to do with it, the signed note to the letter, twice, and its key."""
    sealed = checkpoint(tmp_path, exercise=exercise)
    async with mailing(tmp_path) as box:
        receipt = await send(box, sealed)
        message = box.read(0)

    assert [address for address, _ in box.taken] == [ADDRESS]
    assert message["To"] == ADDRESS
    assert message["From"] == f"Tocsin <{SENDER}>"
    assert message["Message-ID"] == receipt.text
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == AT + timedelta(seconds=3)
    mark = "EXERCICE — " if exercise else ""
    subject = f"{mark}Point de contrôle de la crise 2026-0001\u00a0: 57\u00a0lignes. À garder."
    assert message["Subject"] == subject
    body = message.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\r\n", "\n")
    assert text.startswith("*** EXERCICE" if exercise else PLAN.establishment.name)
    assert sealed.note in text
    assert f"\n{sealed.key}\n" in text
    assert "57\u00a0lignes le 21/11/2026 03:16:27 (UTC+01:00)" in text
    (kept,) = message.iter_attachments()
    assert kept.get_filename() == "point-de-controle-2026-0001-57.txt"
    attached = kept.get_payload(decode=True)
    assert attached == sealed.note.encode()
    assert read_note(attached.decode()).signed_by(VerifierKey.parse(sealed.key))
    assert receipt.stamped is None


async def test_sent_again_it_is_the_same_message(tmp_path: Path) -> None:
    """One Message-ID for a checkpoint and an address, so that a mailbox shows it once."""
    async with mailing(tmp_path) as box:
        same = [await send(box, checkpoint(tmp_path)) for _ in range(2)]
        other = await send(box, checkpoint(tmp_path), "autre@assureur.example")
        later = await send(box, checkpoint(tmp_path, size=58))

    assert same[0] == same[1]
    assert len({one.text for one in (same[0], other, later)}) == 3
    assert box.read(0)["To"] == box.read(1)["To"]


@pytest.mark.parametrize("security", ["smtps", "starttls"])
async def test_under_tls_with_a_password(tmp_path: Path, security: str) -> None:
    """The certificate of the server is checked before anything is said to it."""
    async with mailing(tmp_path, Letters(security, USER, PASSWORD)) as box:
        await mailer(box, security, trusting(tmp_path)).station(ADDRESS).put(checkpoint(tmp_path))
        with pytest.raises(OutsideService, match="n'offre pas de liaison sûre"):
            await mailer(box, security).station(ADDRESS).put(checkpoint(tmp_path))

    assert len(box.taken) == 1


async def test_a_server_that_no_longer_offers_tls_is_told_nothing(tmp_path: Path) -> None:
    """Who stands between may hide the offer of TLS: nothing is sent in the clear for that."""
    async with mailing(tmp_path) as box:
        with pytest.raises(OutsideService, match="n'offre pas de liaison sûre"):
            await mailer(box, "starttls").station(ADDRESS).put(checkpoint(tmp_path))

    assert box.taken == []


async def test_a_wrong_password_is_told_without_it(tmp_path: Path) -> None:
    """The sentence names the cause and shows no secret."""
    async with mailing(tmp_path, Letters("starttls", USER, "un autre")) as box:
        sender = mailer(box, "starttls", trusting(tmp_path))
        with pytest.raises(OutsideService) as refused:
            await sender.station(ADDRESS).put(checkpoint(tmp_path))

    assert "refuse l'identifiant ou le mot de passe" in refused.value.for_people()
    assert PASSWORD not in f"{refused.value!r} {refused.value} {sender!r}"


async def test_a_password_that_cannot_be_sent_is_not_shown_either(tmp_path: Path) -> None:
    """Even the technical log tells of the fault without quoting what could not be encoded."""
    async with mailing(tmp_path, Letters("starttls", USER, PASSWORD)) as box:
        server = Server("starttls", HOST, box.port, USER, "pâte")
        sender = Mailer(server, SENDER, lambda: AT, trusting(tmp_path), LONG)
        with pytest.raises(OutsideService, match="tel que réglé") as refused:
            await sender.station(ADDRESS).put(checkpoint(tmp_path))

    assert "pâte" not in f"{refused.value!r} {refused.value} {sender!r}"


async def test_what_a_server_refuses_is_told(tmp_path: Path) -> None:
    """An address, a message; then, willing again, it takes what it is given."""
    async with mailing(tmp_path) as box:
        box.refused = {ADDRESS}
        with pytest.raises(OutsideService, match="refuse cette adresse"):
            await send(box, checkpoint(tmp_path))
        box.refused = set()
        box.code = "554 looks like spam"
        with pytest.raises(OutsideService, match=r"refuse le message \(code 554\)"):
            await send(box, checkpoint(tmp_path))
        box.code = "250 taken"
        await send(box, checkpoint(tmp_path))

    assert len(box.taken) == 1


@pytest.mark.parametrize("hang_up", [False, True], ids=["mute", "hangs up"])
async def test_a_server_that_says_nothing(tmp_path: Path, hang_up: bool) -> None:
    """Within its time it counts as not sent, even though it may have been."""
    async with mailing(tmp_path) as box:
        box.pause, box.hang_up = (0.0, True) if hang_up else (LONG, False)
        async with asyncio.timeout(LONG / 2):
            with pytest.raises(OutsideService, match="ne répond pas"):
                await send(box, checkpoint(tmp_path), patience=LONG if hang_up else SHORT)


async def test_nobody_at_the_port(tmp_path: Path) -> None:
    """A server that is down is told in the same words."""
    async with mailing(tmp_path) as box:
        pass
    with pytest.raises(OutsideService, match="ne répond pas"):
        await send(box, checkpoint(tmp_path))


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://relais.example", Server("smtp", "relais.example", 25)),
        ("smtps://relais.example", Server("smtps", "relais.example", 465)),
        ("starttls://a:b@relais.example", Server("starttls", "relais.example", 587, "a", "b")),
        (
            "smtps://a%40ch.example:p%3Aq%2F@relais.example:2465",
            Server("smtps", "relais.example", 2465, "a@ch.example", "p:q/"),
        ),
    ],
)
def test_how_a_server_is_named(url: str, server: Server) -> None:
    """What is odd in a user or a password is written as in any address."""
    read = read_server(url)
    assert (read, read.user, read.password) == (server, server.user, server.password)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("relais.example", "commence par"),
        ("http://relais.example", "commence par"),
        ("smtps://", "nom du serveur"),
        ("smtps://relais.example:abc", "port"),
        ("smtp://a:b@relais.example", "mot de passe passerait en clair"),
        ("smtps://a:p%C3%A2te@relais.example", "sans accent"),
    ],
)
def test_how_a_server_is_not_named(url: str, said: str) -> None:
    """A password is never sent in the clear, whatever the setting says."""
    with pytest.raises(ValueError, match=said):
        read_server(url)

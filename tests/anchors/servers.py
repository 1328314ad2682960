"""Real servers on this machine: a stamping authority over HTTP, a mail server over SMTP.

Both do what they are told to do wrong.  They listen on 127.0.0.1 only.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography.x509 import IPAddress
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.anchors.authority import RIGHT, Authority, Wrong, answer, holder

HOST = "127.0.0.1"
REPLY = "application/timestamp-reply"

Handler = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@dataclass
class Stamper:
    """An authority at work: what it was asked, and what it does wrong."""

    authority: Authority
    url: str = ""
    wrong: Wrong = RIGHT
    instead: Handler | None = None
    """Answers in place of the authority."""
    made: Callable[[bytes], bytes] | None = None
    """Makes the answer in place of ours: the openssl program, for one."""
    asked: list[bytes] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        query = await request.read()
        assert request.content_type == "application/timestamp-query"
        self.asked.append(query)
        self.users.append(request.headers.get("Authorization", ""))
        if self.instead is not None:
            return await self.instead(request, query)
        found = self.made(query) if self.made else answer(query, self.authority, self.wrong)
        return web.Response(body=found, content_type=REPLY)


@asynccontextmanager
async def stamping(authority: Authority) -> AsyncIterator[Stamper]:
    """A stamping authority on a port of its own."""
    stamper = Stamper(authority)
    app = web.Application()
    app.router.add_post("/tsr", stamper.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    stamper.url = f"http://{HOST}:{runner.addresses[0][1]}/tsr"
    try:
        yield stamper
    finally:
        await runner.cleanup()


@dataclass
class Letterbox:
    """A mail server at work: what it took, and what it does wrong."""

    port: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    """Address and content of each message, in order."""
    refused: set[str] = field(default_factory=set)
    code: str = "250 taken"
    """What is said once a message is there."""
    pause: float = 0.0
    """Seconds before that."""
    closed: bool = False
    """Take nothing from whom it does not know."""
    hang_up: bool = False
    """Take the message and drop the line without a word."""

    def read(self, number: int) -> EmailMessage:
        """One of the messages, as a mail program reads it."""
        found = message_from_bytes(self.taken[number][1], policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    async def handle_RCPT(  # noqa: N802 - the server's own name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take an address, or refuse it."""
        if self.closed and not session.authenticated:
            return "530 who are you?"
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(  # noqa: N802 - the server's own name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a message."""
        await asyncio.sleep(self.pause)
        assert isinstance(envelope.content, bytes)
        if self.code.startswith("250"):
            self.taken += [(address, envelope.content) for address in envelope.rcpt_tos]
        if self.hang_up:
            assert server.transport is not None
            server.transport.close()
        return self.code


@dataclass(frozen=True)
class Letters:
    """How a mail server is reached: ``smtps``, ``starttls`` or ``smtp``; its one user."""

    security: str = "smtp"
    user: str = ""
    password: str = ""


@asynccontextmanager
async def mailing(folder: Path, how: Letters = Letters()) -> AsyncIterator[Letterbox]:
    """A mail server on a port of its own; the root of its certificate is ``mail-root.pem``."""
    box = Letterbox(closed=bool(how.user))
    loop = asyncio.get_running_loop()
    context = _context(folder)

    def login(_s: SMTP, _n: Session, _e: Envelope, _m: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        right = (given.login.decode(), given.password.decode()) == (how.user, how.password)
        return AuthResult(success=right, handled=False)

    def made() -> SMTP:
        return SMTP(
            box,
            hostname="mail.example",
            loop=loop,
            tls_context=context if how.security == "starttls" else None,
            require_starttls=how.security == "starttls",
            auth_require_tls=how.security == "starttls",
            authenticator=login,
        )

    tls = context if how.security == "smtps" else None
    server = await loop.create_server(made, HOST, 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


def _context(folder: Path) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate for this machine, valid today."""
    today = datetime.now(UTC)
    days: Any = {"begins": today - timedelta(days=1), "ends": today + timedelta(days=1)}
    root = holder("Racine du courrier", ca=True, **days)
    usages, names = [ExtendedKeyUsageOID.SERVER_AUTH], [IPAddress(ip_address(HOST))]
    own = holder(HOST, root, usages=usages, names=names, **days)
    (folder / "mail-root.pem").write_bytes(root.pem)
    (folder / "mail.pem").write_bytes(own.pem + own.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.pem")
    return context


def trusting(folder: Path) -> ssl.SSLContext:
    """The client's side: whoever has a certificate under that root."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(folder / "mail-root.pem")
    return context

"""A checkpoint by e-mail to somebody outside: what it is, keep it, the signed note itself.

- One message per address: a refusal concerns one, and nobody reads the others' addresses.
- Its Message-ID is computed from the checkpoint and the address.  Sent twice (the server took it,
  the answer was lost), it is the same message, and mailboxes show it once.
- The receipt says that the server took the message, not that somebody read it.
- It contains no word of the journal: the number of the crisis, how many lines, hashes.

The standard library's client blocks: it runs in a thread of its own that nobody waits for at exit.
"""

import asyncio
import contextlib
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from hashlib import sha256
from threading import Thread
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from bot.anchors.station import Receipt, Sealed, Station
from bot.core.french import full_clock, plural, typography
from bot.errors import OutsideService

NAME = "Le serveur de courrier"
#: Seconds for each exchange with the server, and for the whole.
PATIENCE = 20.0
_WHOLE = 3
_PORTS = {"smtp": 25, "starttls": 587, "smtps": 465}

Security = Literal["smtp", "starttls", "smtps"]

_TEXT = """\
{mark}{establishment}
Crise {crisis} : {lines} le {at}

À QUOI SERT CE COURRIEL

Tocsin tient la main courante de la cellule de crise. Le texte signé
ci-dessous en fixe l'état : tant que vous le gardez, changer, retirer ou
déplacer une de ces lignes se verra à la vérification, même si nos
serveurs ont été pris. Il ne contient rien de ce qui s'y écrit.

CE QUE NOUS VOUS DEMANDONS

Gardez ce courriel et sa pièce jointe tels quels, hors de notre réseau,
jusqu'à la fin des suites de la crise. Il n'appelle pas de réponse.
Donnez-le à l'auditeur, au juge ou à l'assureur qui vous le demandera.

LE POINT DE CONTRÔLE SIGNÉ (la pièce jointe est le même texte)

{note}
LA CLÉ QUI LE SIGNE (notez-la aussi ailleurs)

{key}

POUR VÉRIFIER, avec un lot exporté plus tard

tocsin verify LOT.zip --checkpoint PIÈCE-JOINTE --key "LA CLÉ"
"""
_MARK = "*** EXERCICE : rien de réel. Gardez ce courriel de même. ***\n\n"

#: What each kind of failure is called, the most precise first.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (smtplib.SMTPRecipientsRefused, "refuse cette adresse"),
    (smtplib.SMTPAuthenticationError, "refuse l'identifiant ou le mot de passe"),
    (smtplib.SMTPResponseException, "refuse le message"),
    (smtplib.SMTPNotSupportedError, "n'offre pas de liaison sûre"),
    (ssl.SSLError, "n'offre pas de liaison sûre"),
    (ValueError, "ne peut pas être employé tel que réglé (TOCSIN_SMTP_URL)"),
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over: in the clear (smtp), TLS asked for (starttls), or TLS (smtps)."""

    security: Security
    host: str
    port: int
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        """Without the password."""
        return f"Server({self.security}://{self.host}:{self.port})"


def read_server(url: str) -> Server:
    """Read ``smtps://user:password@host:port``; ``ValueError`` (French) for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError("l'adresse du serveur ou son port est mal écrit") from error
    if parts.scheme not in _PORTS:
        raise ValueError("l'adresse commence par smtps://, starttls:// ou smtp://")
    if not parts.hostname:
        raise ValueError("il manque le nom du serveur")
    if parts.scheme == "smtp" and (parts.username or parts.password):
        raise ValueError("le mot de passe passerait en clair\u00a0: prenez smtps:// ou starttls://")
    if not f"{unquote(parts.username or '')}{unquote(parts.password or '')}".isascii():
        raise ValueError("l'identifiant et le mot de passe s'écrivent sans accent")
    return Server(
        cast(Security, parts.scheme),
        parts.hostname,
        port or _PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


@dataclass(frozen=True, slots=True)
class Mailer:
    """Who sends, through which server; ``now`` (UTC) dates the messages."""

    server: Server
    sender: str
    now: Callable[[], datetime]
    trust: ssl.SSLContext | None = None
    """Whom to believe about the server's certificate; the system's authorities by default."""
    patience: float = PATIENCE

    def station(self, address: str) -> Station:
        """The station that sends to this address."""

        async def put(sealed: Sealed) -> Receipt:
            message = compose(sealed, self.sender, address, self.now())
            try:
                async with asyncio.timeout(self.patience * _WHOLE):
                    await _aside(lambda: self._send(message, address))
            except (smtplib.SMTPException, OSError, ValueError) as error:
                raise _away(error) from error
            return Receipt(message["Message-ID"])

        return Station("email", address, put)

    async def greet(self) -> None:
        """Reach the server and be let in, without sending anything; ``OutsideService`` if not."""
        try:
            async with asyncio.timeout(self.patience * _WHOLE):
                await _aside(self._greet)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise _away(error) from error

    def _greet(self) -> None:
        with contextlib.closing(self._connect()) as smtp:
            if self.server.user:
                smtp.login(self.server.user, self.server.password)
            smtp.noop()

    def _send(self, message: EmailMessage, address: str) -> None:
        """Hand the message over; blocking."""
        with contextlib.closing(self._connect()) as smtp:
            if self.server.user:
                smtp.login(self.server.user, self.server.password)
            smtp.send_message(message, self.sender, [address])
            # The server has it: how it says goodbye changes nothing.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _connect(self) -> smtplib.SMTP:
        """A connection, under TLS and with the certificate checked unless the setting says not."""
        trust = self.trust or ssl.create_default_context()
        # Our own name is told, not looked up: name servers may be what is down.
        host, name = self.server.host, self.sender.rpartition("@")[2]
        if self.server.security == "smtps":
            return smtplib.SMTP_SSL(
                host, self.server.port, name, timeout=self.patience, context=trust
            )
        smtp = smtplib.SMTP(host, self.server.port, name, timeout=self.patience)
        if self.server.security == "starttls":
            try:
                smtp.starttls(context=trust)
            except (smtplib.SMTPException, OSError):
                smtp.close()
                raise
        return smtp


def compose(sealed: Sealed, sender: str, address: str, now: datetime) -> EmailMessage:
    """The message that carries this checkpoint to this address, dated ``now`` (UTC)."""
    crisis = sealed.crisis
    mark = "EXERCICE — " if crisis.exercise else ""
    lines = plural(sealed.size, "ligne")
    message = EmailMessage(SMTP)
    message["From"] = formataddr(("Tocsin", sender))
    message["To"] = address
    message["Date"] = format_datetime(now)
    message["Message-ID"] = _identifier(sealed, sender, address)
    message["Subject"] = typography(
        f"{mark}Point de contrôle de la crise {crisis.id} : {lines}. À garder."
    )
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_body(sealed))
    message.add_attachment(
        sealed.note.encode(),
        maintype="text",
        subtype="plain",
        filename=f"point-de-controle-{crisis.id}-{sealed.size}.txt",
        params={"charset": "utf-8"},
    )
    return message


def _identifier(sealed: Sealed, sender: str, address: str) -> str:
    """A Message-ID that is the same each time this checkpoint goes to this address."""
    what = f"{sealed.crisis.id}\n{sealed.size}\n{sealed.head}\n{address}"
    digest = sha256(what.encode()).hexdigest()[:32]
    return f"<{sealed.crisis.id}.{sealed.size}.{digest}@{sender.rpartition('@')[2]}>"


def _body(sealed: Sealed) -> str:
    """What the message says; the note and the key stand in it to the letter."""
    crisis = sealed.crisis
    return typography(_TEXT).format(
        mark=typography(_MARK) if crisis.exercise else "",
        establishment=" ".join(crisis.plan.establishment.name.split()),
        crisis=crisis.id,
        lines=plural(sealed.size, "ligne"),
        at=full_clock(sealed.at, crisis.zone),
        note=sealed.note,
        key=sealed.key,
    )


def _away(error: Exception) -> OutsideService:
    """Why it could not be sent; the server's own words are for the log, they may be anything."""
    number = getattr(error, "smtp_code", 0)
    code = f" (code {number})" if number else ""
    why = next((why for kind, why in _REASONS if isinstance(error, kind)), "ne répond pas")
    # A fault of encoding shows what could not be encoded: that may be the password.
    detail = type(error).__name__ if isinstance(error, UnicodeError) else repr(error)
    return OutsideService(NAME, f"{NAME} {why}{code}.", detail=detail)


async def _aside(work: Callable[[], None]) -> None:
    """Do this in a thread of its own; whoever stops waiting leaves it to end by itself.

    Not the loop's threads: at exit those are waited for, and a mute server would hold us back.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell(error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        error: Exception | None = None
        try:
            work()
        except (smtplib.SMTPException, OSError, ValueError) as failed:
            error = failed
        # The loop may be gone by now: then nobody waits for the answer.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, error)

    Thread(target=run, name="mail", daemon=True).start()
    await done

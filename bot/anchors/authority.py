"""A stamping authority over HTTP (RFC 3161, 3.4): ask for a stamp, take it only if it holds.

The answer is checked before anybody calls it a receipt: status, nonce, policy, imprint, signature
by the pinned certificate.  It has a time limit, a largest size and a content type; a redirection is
refused, because a request that changes its method on the way stamps nothing.

The certificates are read again at each stamp: a file that is put right needs no restart.
"""

import asyncio
import secrets
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.anchors.station import Receipt, Sealed, Station
from bot.errors import OutsideService, reason
from bot.journal.stamp import check_token, read_pins, read_token, request

NAME = "L'autorité d'horodatage"
#: Seconds within which an authority answers.
PATIENCE = 20.0
#: Largest answer that is read, in bytes: a token with its certificates has a few thousand.
LARGEST = 65_536
_QUERY = "application/timestamp-query"
_REPLY = "application/timestamp-reply"
_NONCE_BITS = 64
_OK = 200


@dataclass(frozen=True, slots=True)
class Authority:
    """Where to ask, what to trust, which policy (a dotted number) to insist on, if any."""

    url: str
    """May carry a user and a password, which the journal never sees."""
    certificates: Path
    policy: str = ""
    patience: float = PATIENCE

    @property
    def where(self) -> str:
        """The address without what may be secret in it: user, password, query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def station(self, session: aiohttp.ClientSession) -> Station:
        """The station that stamps at this authority over this session."""

        async def put(sealed: Sealed) -> Receipt:
            return await stamp(self, session, sealed.note.encode())

        return Station("rfc3161", self.where, put)


async def stamp(authority: Authority, session: aiohttp.ClientSession, message: bytes) -> Receipt:
    """The stamp on these bytes: the answer as it came, in base64, and its time.

    Raises ``OutsideService`` when there is none that holds.
    """
    nonce = secrets.randbits(_NONCE_BITS)
    answer = await _ask(authority, session, request(message, nonce, authority.policy))
    # Reading certificates and checking signatures take milliseconds: not in the loop.
    return await asyncio.to_thread(_checked, authority, answer, message, nonce)


async def _ask(authority: Authority, session: aiohttp.ClientSession, query: bytes) -> bytes:
    """The answer to this request, whole, within its limits."""
    limit = aiohttp.ClientTimeout(total=authority.patience)
    headers = {"Content-Type": _QUERY, "Accept": _REPLY}
    try:
        async with session.post(
            authority.url, data=query, headers=headers, timeout=limit, allow_redirects=False
        ) as response:
            if response.status != _OK:
                raise _away(f"{NAME} répond par une erreur (HTTP {response.status}).")
            if response.content_type != _REPLY:
                raise _away(f"{NAME} répond autre chose qu'un horodatage.", response.content_type)
            return await _read(response)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _away(f"{NAME} ne répond pas.", type(error).__name__) from error


async def _read(response: aiohttp.ClientResponse) -> bytes:
    answer = bytearray()
    async for chunk in response.content.iter_chunked(LARGEST):
        answer += chunk
        if len(answer) > LARGEST:
            raise _away(f"{NAME} répond trop longuement.")
    return bytes(answer)


def _checked(authority: Authority, answer: bytes, message: bytes, nonce: int) -> Receipt:
    """The receipt that this answer is, once nothing speaks against it."""
    try:
        pins = read_pins(authority.certificates.read_bytes())
    except OSError as error:
        raise _away(
            f"Le fichier de certificats {authority.certificates} ne peut pas être lu "
            f"({reason(error)}). Vérifiez TOCSIN_TSA_CERTIFICATE."
        ) from error
    except ValueError as error:
        raise _away(
            f"Le fichier de certificats {authority.certificates} ne convient pas\u00a0: {error}. "
            "Vérifiez TOCSIN_TSA_CERTIFICATE."
        ) from error
    problems = check_token(answer, message, pins, nonce=nonce, policy=authority.policy)
    if problems:
        raise _away(" ".join(problems))
    return Receipt(b64encode(answer).decode(), read_token(answer).time)


def _away(sentence: str, detail: str = "") -> OutsideService:
    return OutsideService(NAME, sentence, detail=detail)

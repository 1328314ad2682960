"""RFC 3161 time stamps: the request, and checking a token against pinned certificates.

- A *token* says « this hash existed at this time », signed by a stamping authority.  What is
  stamped here is the text of a signed checkpoint, whole.
- Nothing that travels in a token can vouch for it: the certificates that it embeds are taken away
  before it is checked, and only those that the establishment *pinned* count, the authority's own
  and the chain above it.  So a token signed under an unknown root is refused whatever it carries.
- Certificates are judged at the time of the token: one that has expired since still counts.

Not here: the network, and whether a certificate was revoked (no list is consulted).  Reading a
token is in ``bot.journal.token``, without any library; checking asks for rfc3161-client.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.journal import der
from bot.journal.token import GRANTED, HASHES, Answer, Token, read_token, status_of, take_apart

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["Pins", "Token", "check_token", "read_pins", "read_token", "refusal", "request"]

_SHA256 = next(number for number, name in HASHES.items() if name == "sha256")
_UNREADABLE = "Le jeton est illisible\u00a0: ce n'est pas une réponse d'horodatage (RFC 3161)."


@dataclass(frozen=True, slots=True)
class Pins:
    """Certificates trusted in advance: the authorities' own, those between, and the roots."""

    authorities: "tuple[Certificate, ...]"
    between: "tuple[Certificate, ...]"
    roots: "tuple[Certificate, ...]"


# -- asking -----------------------------------------------------------------------------------


def request(message: bytes, nonce: int, policy: str = "") -> bytes:
    """The request (DER) for a stamp on these bytes, certificates included (RFC 3161, 2.4.1).

    ``nonce`` is a number nobody can guess; ``policy`` the rule to stamp under, any when empty.
    """
    algorithm = der.write(der.SEQUENCE, der.oid(_SHA256), der.write(der.NULL))
    digest = der.write(der.OCTETS, hashlib.sha256(message).digest())
    return der.write(
        der.SEQUENCE,
        der.integer(1),
        der.write(der.SEQUENCE, algorithm, digest),
        der.oid(policy) if policy else b"",
        der.integer(nonce),
        der.write(der.BOOLEAN, b"\xff"),
    )


def read_pins(pem: bytes) -> Pins:
    """Sort the certificates of a PEM file; ``ValueError`` (French) when one that counts is missing.

    The authority's own certificate is the one made for stamping and nothing else; a root is one
    that signed itself and may sign others.
    """
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ValueError("ce n'est pas un fichier de certificats PEM") from error
    stamping = tuple(one for one in found if _stamps(one))
    above = [one for one in found if _may_sign(one)]
    roots = tuple(one for one in above if one.issuer == one.subject)
    if not stamping:
        raise ValueError("il manque le certificat de l'autorité elle-même (usage horodatage)")
    if not roots:
        raise ValueError("il manque le certificat racine de l'autorité")
    return Pins(stamping, tuple(one for one in above if one not in roots), roots)


def _stamps(certificate: "Certificate") -> bool:
    """Whether it may stamp, and only that, as its critical extension says (RFC 3161, 2.3)."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _may_sign(certificate: "Certificate") -> bool:
    """Whether it may sign other certificates."""
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return found.value.ca


# -- checking ---------------------------------------------------------------------------------


def check_token(
    answer: bytes, message: bytes, pins: Pins, *, nonce: int | None = None, policy: str = ""
) -> Sequence[str]:
    """What speaks against this stamp on these bytes, in French; nothing when it holds.

    ``answer`` is the authority's, or the token alone (DER).  ``nonce`` and ``policy`` are what was
    asked for; years later nobody knows the nonce.
    """
    refused = refusal(answer)
    if refused:
        return [refused]
    try:
        parts = take_apart(answer)
    except ValueError:
        return [_UNREADABLE]
    return [*_content(parts.token, message, nonce, policy), *_signature(parts, pins)]


def refusal(answer: bytes) -> str:
    """Why the authority granted no stamp, in French; empty when it did, or when unreadable."""
    try:
        status, said = status_of(answer)
    except ValueError:
        return ""
    more = f"\u00a0: {said[:200]}" if said else ""
    refused = f"L'autorité n'a pas accordé d'horodatage (état {status}{more})."
    return "" if status == GRANTED else refused


def _content(token: Token, message: bytes, nonce: int | None, policy: str) -> Iterator[str]:
    """Whether it answers what was asked (RFC 3161, 2.4.2)."""
    if token.hash_name not in HASHES.values():
        yield f"Le jeton emploie une fonction d'empreinte refusée ({token.hash_name})."
    elif not token.covers(message):
        yield "Le jeton porte sur un autre texte que ce point de contrôle."
    if nonce is not None and token.nonce != nonce:
        yield "Le jeton ne répond pas à cette demande\u00a0: son numéro de demande est un autre."
    if policy and token.policy != policy:
        yield f"Le jeton suit une autre politique ({token.policy}) que celle demandée ({policy})."


def _signature(parts: Answer, pins: Pins) -> Iterator[str]:
    """Whether a pinned authority signed it, its certificate valid then (RFC 3161, 2.3)."""
    signer = next((one for one in pins.authorities if _is_signer(one, parts)), None)
    if signer is None:
        yield "Le jeton n'est pas signé par l'autorité déclarée\u00a0: son certificat est un autre."
    elif not signer.not_valid_before_utc <= parts.token.time <= signer.not_valid_after_utc:
        yield "Le certificat de l'autorité ne valait pas à l'heure du jeton."
    elif not _names_it(parts.names, signer):
        yield "Le jeton ne désigne pas le certificat de l'autorité déclarée."
    else:
        yield from _proof(parts, signer, pins)


def _is_signer(certificate: "Certificate", parts: Answer) -> bool:
    issuer = certificate.issuer.public_bytes()
    return issuer == parts.issuer and certificate.serial_number == parts.serial


def _names_it(names: Sequence[tuple[str, bytes]], certificate: "Certificate") -> bool:
    """Whether the token names this certificate, in each way that it names one."""
    from cryptography.hazmat.primitives.serialization import Encoding

    own = certificate.public_bytes(Encoding.DER)
    # SHA-1 identifies here and proves nothing: the certificate is pinned (RFC 3161 knew no other).
    return bool(names) and all(
        name and hashlib.new(name, own, usedforsecurity=False).digest() == digest
        for name, digest in names
    )


def _proof(parts: Answer, signer: "Certificate", pins: Pins) -> Iterator[str]:
    """Whether the signature and the chain hold at the time of the token."""
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    verifier = VerifierBuilder(
        tsa_certificate=signer, intermediates=list(pins.between), roots=list(pins.roots)
    ).build()
    try:
        response = decode_timestamp_response(parts.bare)
        read = response.tst_info
    except ValueError:
        yield _UNREADABLE
        return
    # Two readers of one token must agree on what it says.
    same = read.gen_time == parts.token.time.replace(microsecond=0)
    if not same or read.serial_number != parts.token.serial:
        yield _UNREADABLE
    try:
        verifier.verify(response, bytes.fromhex(parts.token.imprint))
    except (VerificationError, ValueError):
        yield (
            "La signature du jeton n'est pas celle de l'autorité déclarée, ou son certificat ne "
            "remonte pas à une racine déclarée."
        )

"""A stamping authority of our own: its certificates, and answers right or wrong on request.

Written from RFC 3161, RFC 5652 and RFC 5816, and not from the reader under test: the one thing that
the two share is the writing of DER elements, which the ``openssl`` program reads in the tests.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bot.journal.der import (
    BOOLEAN,
    CONTEXT,
    INTEGER,
    NULL,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    TIME,
    integer,
    oid,
    parse,
    write,
)

NOW = datetime(2026, 11, 21, 3, 16, 27, 910_000, tzinfo=UTC)
BEGINS, ENDS = NOW - timedelta(days=400), NOW + timedelta(days=400)
POLICY = "1.3.6.1.4.1.99999.1"
SHA256 = "2.16.840.1.101.3.4.2.1"
_UTF8 = 0x0C


@dataclass(frozen=True)
class Holder:
    """A certificate and the key behind it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate, as text."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key, as text."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def holder(name: str, under: Holder | None = None, **more: Any) -> Holder:
    """A new certificate, self-signed without ``under``.

    ``more``: ``ca`` (default false), ``begins``, ``ends``, ``usages`` and whether they are
    ``critical``, ``names`` (alternative names), ``serial``.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(under.certificate.subject if under else subject)
        .public_key(key.public_key())
        .serial_number(more.get("serial", x509.random_serial_number()))
        .not_valid_before(more.get("begins", BEGINS))
        .not_valid_after(more.get("ends", ENDS))
        .add_extension(x509.BasicConstraints(more.get("ca", False), None), critical=True)
    )
    if usages := more.get("usages"):
        usage = x509.ExtendedKeyUsage(usages)
        builder = builder.add_extension(usage, critical=more.get("critical", True))
    if names := more.get("names"):
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Holder(builder.sign(under.key if under else key, hashes.SHA256()), key)


NAME = "Horodatage fictif n° 1"
STAMPING = [ExtendedKeyUsageOID.TIME_STAMPING]


@dataclass(frozen=True)
class Authority:
    """A root, one between, and the certificate that stamps."""

    root: Holder
    between: Holder
    leaf: Holder

    @classmethod
    def make(
        cls, begins: datetime = BEGINS, ends: datetime = ENDS, above: str = "Racine", **more: Any
    ) -> "Authority":
        """A new authority, valid between these, under a root of that name.

        ``more`` is for the certificate that stamps.
        """
        root = holder(f"{above} fictive", ca=True, begins=begins, ends=ends)
        between = holder("Intermédiaire fictive", root, ca=True, begins=begins, ends=ends)
        stamping: dict[str, Any] = {"usages": STAMPING, "begins": begins, "ends": ends}
        return cls(root, between, holder(NAME, between, **(stamping | more)))

    @property
    def pem(self) -> bytes:
        """What an establishment pins."""
        return self.leaf.pem + self.between.pem + self.root.pem

    def twin(self, **more: Any) -> "Authority":
        """Another authority under the same root."""
        leaf = holder("Autre horodatage n° 2", self.between, **({"usages": STAMPING} | more))
        return replace(self, leaf=leaf)


@dataclass(frozen=True)
class Wrong:
    """How an answer departs from a right one."""

    at: datetime = NOW
    time: str = ""
    """The time as written, instead of ``at`` with its fractions."""
    status: int = 0
    said: str = ""
    imprint: bytes = b""
    nonce: int | None = None
    policy: str = POLICY
    function: str = SHA256
    names: str = "v2"
    """How the signer's certificate is named: ``v2``, ``v1`` or not at all."""
    naming: bytes = b""
    """The certificate that is named instead of the signer's."""
    embedded: tuple[bytes, ...] | None = None
    """The certificates that travel along; those of the authority by default."""
    signed_at: str = ""
    """A time put in after signing."""


RIGHT = Wrong()


def answer(request: bytes, authority: Authority, wrong: Wrong = RIGHT) -> bytes:
    """The answer of this authority to a request, with what is wrong with it."""
    if wrong.status:
        said = write(SEQUENCE, write(_UTF8, wrong.said.encode())) if wrong.said else b""
        return write(SEQUENCE, write(SEQUENCE, integer(wrong.status), said))
    return write(SEQUENCE, write(SEQUENCE, integer(0)), token(request, authority, wrong))


def token(request: bytes, authority: Authority, wrong: Wrong = RIGHT) -> bytes:
    """The token alone: signed data (RFC 5652) around a TSTInfo (RFC 3161, 2.4.2)."""
    info = _info(request, authority, wrong)
    shown = _info(request, authority, replace(wrong, time=wrong.signed_at))
    attributes = _attributes(authority, wrong, info)
    signed = authority.leaf.key.sign(attributes, ec.ECDSA(hashes.SHA256()))
    issuer = authority.leaf.certificate.issuer.public_bytes()
    signer = write(
        SEQUENCE,
        integer(1),
        write(SEQUENCE, issuer, integer(authority.leaf.certificate.serial_number)),
        _algorithm(SHA256),
        bytes([CONTEXT]) + attributes[1:],
        write(SEQUENCE, oid("1.2.840.10045.4.3.2")),
        write(OCTETS, signed),
    )
    embedded = (
        (authority.leaf.der, authority.between.der, authority.root.der)
        if wrong.embedded is None
        else wrong.embedded
    )
    content = write(
        SEQUENCE,
        integer(3),
        write(SET, _algorithm(SHA256)),
        write(
            SEQUENCE,
            oid("1.2.840.113549.1.9.16.1.4"),
            write(CONTEXT, write(OCTETS, shown if wrong.signed_at else info)),
        ),
        write(CONTEXT, *embedded) if embedded else b"",
        write(SET, signer),
    )
    return write(SEQUENCE, oid("1.2.840.113549.1.7.2"), write(CONTEXT, content))


def _info(request: bytes, authority: Authority, wrong: Wrong) -> bytes:
    asked = parse(request).children
    imprint = asked[1].whole
    if wrong.imprint or wrong.function != SHA256:
        digest = wrong.imprint or asked[1].children[1].content
        imprint = write(SEQUENCE, _algorithm(wrong.function), write(OCTETS, digest))
    nonce = next(one for one in asked[2:] if one.tag == INTEGER).number
    policy = next((one.whole for one in asked[2:] if one.tag == OID), oid(POLICY))
    time = wrong.time or f"{wrong.at:%Y%m%d%H%M%S}.{wrong.at:%f}".rstrip("0").rstrip(".") + "Z"
    return write(
        SEQUENCE,
        integer(1),
        policy if wrong.policy == POLICY else oid(wrong.policy),
        imprint,
        integer(7),
        write(TIME, time.encode()),
        write(SEQUENCE, integer(1), bytes([CONTEXT - 0x20, 2]) + (500).to_bytes(2, "big")),
        write(BOOLEAN, b"\xff"),
        integer(nonce if wrong.nonce is None else wrong.nonce),
    )


def _attributes(authority: Authority, wrong: Wrong, info: bytes) -> bytes:
    """What is signed: kind, hash of the content, and the name of the signer's certificate."""
    found = [
        _attribute("1.2.840.113549.1.9.3", oid("1.2.840.113549.1.9.16.1.4")),
        _attribute("1.2.840.113549.1.9.4", write(OCTETS, hashlib.sha256(info).digest())),
    ]
    own = wrong.naming or authority.leaf.der
    if wrong.names == "v2":
        digest = write(OCTETS, hashlib.sha256(own).digest())
        found.append(_attribute("1.2.840.113549.1.9.16.2.47", _identifiers(digest)))
    elif wrong.names == "v1":
        digest = write(OCTETS, hashlib.sha1(own, usedforsecurity=False).digest())
        found.append(_attribute("1.2.840.113549.1.9.16.2.12", _identifiers(digest)))
    return write(SET, *sorted(found))


def _identifiers(digest: bytes) -> bytes:
    return write(SEQUENCE, write(SEQUENCE, write(SEQUENCE, digest)))


def _attribute(name: str, value: bytes) -> bytes:
    return write(SEQUENCE, oid(name), write(SET, value))


def _algorithm(name: str) -> bytes:
    return write(SEQUENCE, oid(name), write(NULL))

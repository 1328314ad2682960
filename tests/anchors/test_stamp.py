"""Time stamps: what is asked, what is read, and what is believed; the openssl program agrees."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import decode_timestamp_response
from rfc3161_client._rust import parse_timestamp_request

from bot.journal import der
from bot.journal.stamp import check_token, read_pins, read_token, refusal, request
from bot.journal.token import take_apart
from tests.anchors.authority import (
    BEGINS,
    ENDS,
    NAME,
    NOW,
    POLICY,
    STAMPING,
    Authority,
    Wrong,
    answer,
    holder,
    token,
)
from tests.anchors.program import Program, accepts, openssl

NOTE = "ch-fictif.example/tocsin/2026-0001\n57\nP0f=\n\n— ch-fictif.example/tocsin AAAA\n".encode()
NONCE = 2**63 + 11
QUERY = request(NOTE, NONCE)


@pytest.fixture(scope="module")
def ours() -> Authority:
    """The authority that the establishment pinned."""
    return Authority.make()


@pytest.fixture(scope="module", params=["Racine", "Autre racine"])
def theirs(request: pytest.FixtureRequest) -> Authority:
    """Another, whose root is of the same name, or not: readers look roots up by name."""
    return Authority.make(above=request.param)


# -- asking -----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["", "1.2.3.4", "2.999.268435456"])
def test_the_request_is_what_others_read(tmp_path: Path, policy: str) -> None:
    """The library reads in it what was put in, and so does the openssl program."""
    query = request(NOTE, NONCE, policy)
    read = parse_timestamp_request(query)

    assert (read.version, read.nonce, read.cert_req) == (1, NONCE, True)
    assert (read.policy.dotted_string if read.policy else "") == policy
    assert read.as_bytes() == query
    (tmp_path / "query").write_bytes(query)
    printed = openssl("ts", "-query", "-in", tmp_path / "query", "-text").stdout.decode()
    assert f"Nonce: 0x{NONCE:X}" in printed
    assert f"Policy OID: {policy or 'unspecified'}" in printed


# -- what speaks against a stamp --------------------------------------------------------------


Case = Callable[[Authority, Authority], bytes]

OTHER = "autre texte"
STRANGER = "son certificat est un autre"
UNNAMED = "ne désigne pas le certificat"
UNSIGNED = "La signature du jeton n'est pas celle"
UNREADABLE = "Le jeton est illisible\u00a0: ce n'est pas une réponse d'horodatage (RFC 3161)."
BOTH = [*STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]


def embedded(authority: Authority) -> tuple[bytes, ...]:
    """The certificates that a token may carry along."""
    return authority.leaf.der, authority.between.der, authority.root.der


def impostor(ours: Authority, theirs: Authority) -> Authority:
    """Theirs, under the very name and number of our authority's certificate."""
    serial = ours.leaf.certificate.serial_number
    return replace(theirs, leaf=holder(NAME, theirs.between, usages=STAMPING, serial=serial))


def right(**wrong: Any) -> Case:
    """An answer of our authority, right but for this."""
    return lambda ours, _: answer(QUERY, ours, Wrong(**wrong))


#: What it is, the answer, what is said of it (nothing: it holds), what the program thinks of it.
CASES: list[tuple[str, Case, str, bool]] = [
    ("right", right(), "", True),
    ("no fraction of a second", right(time="20261121031627Z"), "", True),
    ("no certificate along", right(embedded=()), "", True),
    ("certificate named by SHA-1", right(names="v1"), "", True),
    ("another text", lambda ours, _: answer(request(b"?", NONCE), ours), OTHER, False),
    ("another imprint", right(imprint=bytes(32)), OTHER, False),
    ("stranger with his own root", lambda _, theirs: answer(QUERY, theirs), STRANGER, False),
    (
        "stranger with our certificates too",
        lambda ours, theirs: answer(
            QUERY, theirs, Wrong(embedded=(*embedded(ours), *embedded(theirs)))
        ),
        STRANGER,
        False,
    ),
    (
        "stranger under our name and number",
        lambda ours, theirs: answer(QUERY, impostor(ours, theirs)),
        UNNAMED,
        False,
    ),
    (
        "stranger under our name and number, naming our certificate",
        lambda ours, theirs: answer(
            QUERY, impostor(ours, theirs), Wrong(naming=ours.leaf.der, embedded=embedded(ours))
        ),
        UNSIGNED,
        False,
    ),
    (
        "self-signed",
        lambda ours, _: answer(QUERY, replace(ours, leaf=holder("Seul", usages=STAMPING))),
        STRANGER,
        False,
    ),
    ("naming nobody", right(names=""), UNNAMED, False),
    (
        "naming another",
        lambda ours, theirs: right(naming=theirs.leaf.der)(ours, theirs),
        UNNAMED,
        False,
    ),
    ("time changed after signing", right(signed_at="20261121031628Z"), UNSIGNED, False),
    ("after the certificate's end", right(at=ENDS + timedelta(seconds=1)), "ne valait pas", False),
    ("before its beginning", right(at=BEGINS - timedelta(seconds=1)), "ne valait pas", False),
    ("refused", right(status=2, said="quota épuisé"), "(état 2\u00a0: quota épuisé)", False),
    ("waiting", right(status=3), "(état 3)", False),
    # Here the program is content with any certificate under the root: pinning asks for more.
    ("twin under the same root", lambda ours, _: answer(QUERY, ours.twin()), STRANGER, True),
]


@pytest.mark.parametrize(
    ("case", "said", "program"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_what_speaks_against_a_stamp(
    ours: Authority, theirs: Authority, tmp_path: Path, case: Case, said: str, program: bool
) -> None:
    """Two readers who share nothing give one verdict; ours says in French what is wrong."""
    found = case(ours, theirs)
    problems = check_token(found, NOTE, read_pins(ours.pem), nonce=NONCE, policy=POLICY)
    moment = NOW if refusal(found) else read_token(found).time

    assert [said in one for one in problems] == ([True] if said else [])
    assert accepts(tmp_path, found, NOTE, ours, moment) is program


def test_certificates_may_travel_in_any_order(ours: Authority) -> None:
    """The library alone refuses those out of order, which is how many authorities send them."""
    pins = read_pins(ours.pem)
    for carried in itertools.permutations(embedded(ours)):
        assert check_token(answer(QUERY, ours, Wrong(embedded=carried)), NOTE, pins) == []
    backwards = tuple(sorted(embedded(ours), reverse=True))
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(answer(QUERY, ours, Wrong(embedded=backwards)))


def test_the_nonce_and_the_policy_are_those_asked_for(ours: Authority) -> None:
    """An answer to another request, or under another policy, is told apart while it is fresh."""
    pins = read_pins(ours.pem)
    replayed = answer(QUERY, ours, Wrong(nonce=5, policy="1.2.3.4"))

    problems = check_token(replayed, NOTE, pins, nonce=NONCE, policy=POLICY)

    assert [one.partition("\u00a0")[0] for one in problems] == [
        "Le jeton ne répond pas à cette demande",
        f"Le jeton suit une autre politique (1.2.3.4) que celle demandée ({POLICY}).",
    ]
    assert check_token(replayed, NOTE, pins) == []


def test_a_weak_hash_is_refused(ours: Authority) -> None:
    """A stamp on SHA-1 says nothing that cannot be made again over another text."""
    found = answer(QUERY, ours, Wrong(function="1.3.14.3.2.26", imprint=bytes(20)))
    assert check_token(found, NOTE, read_pins(ours.pem)) == [
        "Le jeton emploie une fonction d'empreinte refusée (1.3.14.3.2.26)."
    ]


def test_a_certificate_that_expired_since_still_counts(tmp_path: Path) -> None:
    """Judged at the time of the stamp it held; the program needs to be told that time."""
    past = datetime(2020, 3, 1, 4, 5, 6, tzinfo=UTC)
    month = timedelta(days=30)
    old = Authority.make(begins=past - month, ends=past + month)
    found = answer(QUERY, old, Wrong(at=past))

    assert check_token(found, NOTE, read_pins(old.pem)) == []
    assert accepts(tmp_path, found, NOTE, old, past)
    assert not accepts(tmp_path, found, NOTE, old, None)


def test_a_token_alone_is_read_as_well(ours: Authority) -> None:
    """What is kept may be the whole answer or the token in it."""
    alone = token(QUERY, ours)
    assert read_token(alone) == read_token(answer(QUERY, ours))
    assert check_token(alone, NOTE, read_pins(ours.pem), nonce=NONCE) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20261121031627Z", NOW.replace(microsecond=0)),
        ("20261121031627.91Z", NOW),
        ("20261121031627.000001Z", NOW.replace(microsecond=1)),
        ("20261121031627.9999999Z", NOW.replace(microsecond=999_999)),
    ],
)
def test_the_fractions_of_a_second_are_kept(ours: Authority, text: str, at: datetime) -> None:
    """The library drops them; here they are read from the token, to the microsecond."""
    found = answer(QUERY, ours, Wrong(time=text))
    assert read_token(found).time == at
    assert check_token(found, NOTE, read_pins(ours.pem)) == []


@pytest.mark.parametrize(
    "text",
    [
        "20261121031627",
        "20261121031627+0100",
        "2026112103Z",
        "20261121031627.910Z",
        "20261121031627.Z",
        "20261121031627.x1Z",
        "Z",
        " ",
    ],
)
def test_a_time_that_is_not_utc_is_no_time(ours: Authority, text: str) -> None:
    """RFC 3161 asks for seconds, « Z » and no zero at the end; anything else is not a stamp."""
    found = answer(QUERY, ours, Wrong(time=text))
    with pytest.raises(ValueError, match="time"):
        read_token(found)
    assert check_token(found, NOTE, read_pins(ours.pem)) == [UNREADABLE]


# -- the openssl program as an authority ------------------------------------------------------


def test_a_stamp_of_the_openssl_program_holds(tmp_path: Path) -> None:
    """It is believed by both, its fractions of a second are read, and it carries any policy."""
    now = datetime.now(UTC)
    pinned = Authority.make(begins=now - timedelta(days=1), ends=now + timedelta(days=1))
    program = Program(tmp_path / "ours", pinned)
    found = program.answer(request(NOTE, NONCE, "1.2.3.4"))
    read, printed = read_token(found), program.reads(found)

    assert check_token(found, NOTE, read_pins(pinned.pem), nonce=NONCE, policy="1.2.3.4") == []
    assert accepts(tmp_path, found, NOTE, pinned, None)
    assert f"{read.time:%H:%M:%S.%f}".rstrip("0") in printed
    assert (read.serial, read.policy, read.nonce) == (2, "1.2.3.4", NONCE)
    assert (read.authority, read.accuracy) == (NAME, timedelta(seconds=1.5))
    assert read.covers(NOTE)


# -- nothing odd goes through -----------------------------------------------------------------


def flips(data: bytes) -> Iterator[bytes]:
    """The same bytes with one of them changed, each in three ways."""
    for at, change in itertools.product(range(len(data)), (0x01, 0x80, 0xFF)):
        yield data[:at] + bytes([data[at] ^ change]) + data[at + 1 :]


def test_no_changed_byte_changes_what_is_believed(ours: Authority) -> None:
    """Each byte of an answer, changed in three ways: refused, or it says exactly the same.

    What is not covered by the signature (the list of functions before it, the certificates along)
    may differ: it decides nothing.
    """
    pins, found = read_pins(ours.pem), answer(QUERY, ours, Wrong(embedded=()))
    said, believed = read_token(found), 0
    for mutant in flips(found):
        if not check_token(mutant, NOTE, pins, nonce=NONCE, policy=POLICY):
            believed += 1
            assert read_token(mutant) == said
    assert believed < len(found) // 10


def test_garbage_is_told_and_never_a_crash(ours: Authority) -> None:
    """Empty, cut anywhere, doubled, deeply nested, random: one sentence, whatever comes."""
    pins, found = read_pins(ours.pem), answer(QUERY, ours)
    chance = random.Random(7)
    odd = [b"", b"\x30", b"<html></html>", found + b"\0", found * 2, b"\x30\x80\0\0"]
    odd += [found[:size] for size in range(0, len(found), 7)]
    odd += [chance.randbytes(size) for size in range(1, 200)]
    nested = b""
    for _ in range(5_000):
        nested = der.write(der.SEQUENCE, nested)
    odd += [nested, der.write(der.SEQUENCE, der.integer(0), nested)]
    for one in odd:
        assert check_token(one, NOTE, pins) == [UNREADABLE]
        with pytest.raises(ValueError, match=r"\w"):
            take_apart(one)


# -- what is pinned ---------------------------------------------------------------------------


def test_pins_are_sorted_whatever_their_order(ours: Authority, theirs: Authority) -> None:
    """The file may hold the old certificate beside the new one, in any order."""
    pins = read_pins(
        theirs.root.pem + ours.leaf.pem + theirs.leaf.pem + ours.between.pem + ours.root.pem
    )
    assert set(pins.authorities) == {ours.leaf.certificate, theirs.leaf.certificate}
    assert pins.between == (ours.between.certificate,)
    assert set(pins.roots) == {theirs.root.certificate, ours.root.certificate}


DAMAGED = b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("pem", "said"),
    [
        (lambda _: b"", "pas un fichier de certificats"),
        (lambda _: DAMAGED, "pas un fichier de certificats"),
        (lambda ours: ours.root.pem + ours.between.pem, "certificat de l'autorité elle-même"),
        (lambda ours: ours.leaf.pem + ours.between.pem, "certificat racine"),
        (lambda _: holder("Seul", usages=STAMPING).pem, "certificat racine"),
        (
            lambda ours: ours.root.pem + holder("Tout", ours.root, usages=BOTH).pem,
            "certificat de l'autorité elle-même",
        ),
        (
            lambda ours: (
                ours.root.pem + holder("Mou", ours.root, usages=STAMPING, critical=False).pem
            ),
            "certificat de l'autorité elle-même",
        ),
    ],
    ids=["empty", "damaged", "no leaf", "no root", "self-signed", "two usages", "not critical"],
)
def test_pins_that_would_not_hold_are_refused(
    ours: Authority, pem: Callable[[Authority], bytes], said: str
) -> None:
    """What the file lacks is said before anything is stamped."""
    with pytest.raises(ValueError, match=said):
        read_pins(pem(ours))

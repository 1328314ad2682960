"""The verifiers that travel with a bundle: apart from the product, and of the same opinion."""

import ast
import hashlib
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.erasable import ERASABLE, LASTING
from bot.core.erasure import ErasedLine, LinesErased
from bot.core.files import FileRead
from bot.exports.bundle import Enclosed, bundle
from bot.exports.kit import verifier
from bot.journal.outside import NOTHING, Brought
from bot.journal.seal import load_or_create
from bot.journal.stamp import request
from bot.journal.token import read_token
from bot.journal.verify import KIT, verify_file, verify_lines
from tests.anchors.authority import NOW, SHA256, Authority, Wrong, answer, token
from tests.exports.journals import entries as entries_of
from tests.exports.journals import night
from tests.exports.test_exports import ATTACKS as BUNDLE_ATTACKS
from tests.exports.test_exports import SUMMARY, contents, made, rezipped, with_views
from tests.journal.books import FIRST, Book, whole_book
from tests.journal.chains import chain, exported, sealed
from tests.journal.test_entry import GOLDEN
from tests.journal.test_mutations import LAST, NOTED, edits, flipped, lines_of
from tests.journal.test_verify import ATTACKS

FOLDER = Path(verifier.__file__).parent
AUTHORITY = Authority.make()
(POINT,) = (f"{one.entries}:{one.head}" for one in NOTED.checkpoints)
Verdict = tuple[int, int] | None


def ours(lines: Iterable[bytes], noted: Brought = NOTHING) -> Verdict:
    """What ``tocsin verify`` finds in the file that these lines make, as (step, line)."""
    fault = verify_lines(lines_of(b"".join(lines)), noted).fault
    return (fault.check, fault.line_no) if fault else None


def theirs(lines: Iterable[bytes], noted: Brought = NOTHING) -> Verdict:
    """What ``verifier.py`` finds in that file, as (step, line)."""
    reading = verifier.Reading([("", one.entries, one.head, "") for one in noted.checkpoints])
    try:
        reading.take_all(io.BytesIO(b"".join(lines)))
    except verifier.Fault as fault:
        return fault.args[0], reading.line
    return None


def python(*arguments: str | Path, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    """Run the one-file verifier as an auditor would, with the standard library alone."""
    command = [sys.executable, "-I", "-S", folder / "verifier.py", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def shell(*arguments: str | Path, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    """Run the shell verifier as an auditor would."""
    command = ["bash", folder / "verifier.sh", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def unpacked(data: bytes, folder: Path) -> Path:
    """The folder in which this bundle was unpacked."""
    for name, content in contents(data).items():
        path = folder / "lot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "lot"


def test_a_bundle_carries_its_verifiers_as_they_are_published() -> None:
    """Each file of the kit is in the bundle byte for byte, and the notice says how to use it."""
    files = contents(made(chain(3)))

    for name in KIT:
        assert files[name] == (FOLDER / name).read_bytes()
        assert name in files["LISEZMOI.txt"].decode()


@pytest.mark.parametrize("data", [made(chain(12)), with_views()], ids=["plain", "with views"])
def test_a_sound_bundle_is_sound_for_all_three(data: bytes, tmp_path: Path) -> None:
    """Zip, folder and journal alone: the same head from each verifier, and exit code 0."""
    path = tmp_path / "lot.zip"
    path.write_bytes(data)
    lot = unpacked(data, tmp_path)
    head = chain(12)[-1].hash

    runs = [
        python(path),
        python(lot),
        python(folder=lot),
        python(lot / "journal.jsonl", "--checkpoint", f"12:{head}"),
        shell(lot),
        shell(folder=lot),
        shell(lot / "journal.jsonl", f"12:{head}"),
    ]

    assert verify_file(path).ok
    for run in runs:
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.startswith("VÉRIFIÉ")
        assert head in run.stdout
        assert "Ce que cela ne prouve pas" in run.stdout


@pytest.mark.parametrize("change", BUNDLE_ATTACKS.values(), ids=BUNDLE_ATTACKS.keys())
def test_a_changed_bundle_is_found_by_all_three(
    change: dict[str, bytes | None], tmp_path: Path
) -> None:
    """A file changed, missing or added: the same verdict on the zip and on the folder."""
    data = rezipped(made(chain(12)), change)
    path = tmp_path / "lot.zip"
    path.write_bytes(data)
    lot = unpacked(data, tmp_path)

    for source in (path, lot):
        code, text = verifier.run([str(source)])
        assert (code, text.splitlines()[0]) == (1, "NON VÉRIFIÉ — étape 1")
    run = shell(lot)
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.startswith("NON VÉRIFIÉ")
    assert not verify_file(path).ok


@pytest.mark.parametrize(
    "name", ["./journal.jsonl", "vues/../journal.jsonl", "../dehors", "/etc/hostname", "vues"]
)
def test_a_manifest_that_looks_outside_is_found_by_all_three(name: str, tmp_path: Path) -> None:
    """A name that is no file of the bundle is refused, even when a file there has its hash."""
    files = contents(with_views())
    (tmp_path / "dehors").write_bytes(files["journal.jsonl"])
    found = tmp_path / "lot" / name
    content = found.read_bytes() if found.is_file() else files["journal.jsonl"]
    line = f"{sha256(content).hexdigest()}  {name}\n".encode()
    data = rezipped(with_views(), {"manifest.sha256": files["manifest.sha256"] + line})
    path = tmp_path / "lot.zip"
    path.write_bytes(data)
    lot = unpacked(data, tmp_path)

    assert not verify_file(path).ok
    assert [verifier.run([str(source)])[0] for source in (path, lot)] == [1, 1]
    assert shell(lot).returncode == 1


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    """Control characters in a crisis or in the name of a file are printed as escapes."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(exported([sealed(1, crisis="a\x1b[2J\x9b\u202e")])[0])
    lot = unpacked(made(chain(2)), tmp_path)
    (lot / "\x1b[2Jx").write_bytes(b"")

    for run in (python(path), python(lot), shell(path), shell(lot)):
        assert run.stderr == ""
        assert "\x1b" not in run.stdout
    assert "\x9b" not in python(path).stdout


@pytest.mark.parametrize("lines", [row[0] for row in ATTACKS.values()], ids=ATTACKS.keys())
def test_attacks_get_the_same_verdict(lines: Callable[[], list[bytes]], tmp_path: Path) -> None:
    """Each attack: the same step and line from both programs, and a refusal from the shell."""
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(lines()))

    assert theirs(lines()) == ours(lines())
    run = shell(path)
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.startswith("NON VÉRIFIÉ")


def resealed(change: dict[str, Any], body: Any = None, **beside: Any) -> bytes:
    """A first line with other fields, whose commitment and spelling were put right again."""
    data = json.loads(exported(chain(1))[0])
    data["body"] = data["body"] if body is None else body
    spelt = verifier.spelt(data["body"]).encode("utf-8", "surrogatepass")
    data["entry"]["body"] = sha256(bytes.fromhex(data["salt"]) + spelt).hexdigest()
    data["entry"] |= change
    return verifier.spelt({**data, **beside}).encode("utf-8", "surrogatepass") + b"\n"


RESEALED: dict[str, tuple[bytes, int | None]] = {
    "nothing": (resealed({}), None),
    "any crisis": (resealed({"crisis": 'a"\\\u00e9\u2028\x7f\n'}), None),
    "an empty stamp": (resealed({"slack_ts": ""}), None),
    "an empty body": (resealed({}, {}), None),
    "a signature": (resealed({}, sig="a+/="), None),
    "true for one": (resealed({"v": True}), 5),
    "true for first": (resealed({"seq": True}), 5),
    "from zero": (resealed({"seq": 0}), 5),
    "from minus one": (resealed({"seq": -1}), 5),
    "number as text": (resealed({"seq": "1"}), 5),
    "no kind": (resealed({"kind": ""}), 5),
    "kind as list": (resealed({"kind": ["a"]}), 5),
    "crisis as number": (resealed({"crisis": 1}), 5),
    "stamp as number": (resealed({"slack_ts": 1}), 5),
    "a day that is not": (resealed({"record_time": "2026-02-30T00:00:00.000000Z"}), 5),
    "an hour that is not": (resealed({"event_time": "2026-02-20T24:00:00.000001Z"}), 5),
    "midnight as 24": (resealed({"event_time": "2026-02-20T24:00:00.000000Z"}), 5),
    "year zero": (resealed({"event_time": "0000-02-20T00:00:00.000000Z"}), 5),
    "other digits": (resealed({"event_time": "٢٠٢٦-02-20T00:00:00.000000Z"}), 5),
    "a zone": (resealed({"event_time": "2026-02-20T00:00:00.000000+00:00"}), 5),
    "no microseconds": (resealed({"event_time": "2026-02-20T00:00:00Z"}), 5),
    "an empty time": (resealed({"event_time": ""}), 5),
    "no time": (resealed({"record_time": None}), 5),
    "a time that is false": (resealed({"event_time": False}), 5),
    "capitals in a hash": (resealed({"prev": "A" * 64}), 5),
    "other digits in a hash": (resealed({"prev": "٠" * 64}), 5),
    "a line feed after a hash": (resealed({"prev": "0" * 64 + "\n"}), 5),
    "another predecessor": (resealed({"prev": "1" * 64}), 8),
    "a body that is a list": (resealed({}, [1]), 5),
    "a body that is a text": (resealed({}, "a"), 5),
    "a salt that is a list": (resealed({}, salt=[]), 5),
    "a signature that is a number": (resealed({}, sig=1), 5),
    "a signature that is false": (resealed({}, sig=False), 5),
    "an entry that is a list": (resealed({}, entry=[]), 5),
    "an entry that is nothing": (resealed({}, entry=None), 5),
    "a big number": (resealed({}, {"n": 2**53}), 4),
    "a deep big number": (resealed({}, {"a": [{"n": -(2**53)}]}), 4),
    "the biggest number": (resealed({}, {"n": [2**53 - 1, 1 - 2**53, True, None]}), None),
    "a huge number": (resealed({}, {"n": 0}).replace(b'"n":0', b'"n":' + b"9" * 5000), 3),
    "a float": (resealed({}, {"n": 0.5}), 3),
    "not a number": (resealed({}, {"n": float("nan")}), 3),
    "an accent in a key": (resealed({}, {"é": 1}), 4),
    "half a character": (resealed({}, {"a": "\ud83d"}), 2),
    "half a character, escaped": (
        resealed({}, {"a": "z"}).replace(b'"a":"z"', rb'"a":"\ud83d"'),
        4,
    ),
    "a mark at the start": (b"\xef\xbb\xbf" + resealed({}), 3),
}  # fmt: skip
UNSEEN = {
    "a day that is not", "an hour that is not", "midnight as 24", "year zero", "a big number",
    "a deep big number", "a float", "not a number", "an accent in a key", "half a character",
}  # fmt: skip
"""What the shell says that it does not check: days that exist, and how a body is written."""


@pytest.mark.parametrize(("line", "step"), RESEALED.values(), ids=RESEALED.keys())
def test_what_was_resealed_out_of_the_format_gets_the_same_verdict(
    line: bytes, step: int | None
) -> None:
    """Whoever puts the hashes right still has the format against him, in both programs."""
    expected = None if step is None else (step, 1)

    assert (theirs([line]), ours([line])) == (expected, expected)


def test_the_shell_misses_only_what_it_says(tmp_path: Path) -> None:
    """What only a reading of JSON or of a calendar finds passes the shell, and nothing else."""
    path = tmp_path / "journal.jsonl"
    passed = set()
    for name, (line, _) in RESEALED.items():
        path.write_bytes(line)
        if shell(path).returncode == 0:
            passed.add(name)

    assert passed == UNSEEN | {name for name, (_, step) in RESEALED.items() if step is None}


def test_flipped_bytes_get_the_same_verdict() -> None:
    """One flip of a byte in eleven: the same step, at the same line, and none missed."""
    mutants = [lines for _, lines in list(flipped())[::11]]

    verdicts = [(theirs(lines, NOTED), ours(lines, NOTED)) for lines in mutants]

    assert len(mutants) > 1000
    assert [pair for pair in verdicts if pair[0] != pair[1] or pair[0] is None] == []


def test_edited_lines_get_the_same_verdict() -> None:
    """Each line dropped, doubled, swapped, blanked or spaced: the same step at the same line."""
    mutants = list(edits(lines_of(GOLDEN.read_bytes())))

    verdicts = [(theirs(lines, NOTED), ours(lines, NOTED)) for lines in mutants]

    assert [pair for pair in verdicts if pair[0] != pair[1] or pair[0] is None] == []


def test_the_shell_misses_none_of_a_sample(tmp_path: Path) -> None:
    """Some hundred flips and edits are refused by bash and sha256sum too; the original is not."""
    path = tmp_path / "journal.jsonl"
    mutants = [lines for _, lines in list(flipped())[::307]]
    mutants += list(edits(lines_of(GOLDEN.read_bytes())))[::3]
    missed = []

    for number, lines in enumerate(mutants):
        path.write_bytes(b"".join(lines))
        if shell(path, POINT).returncode != 1:
            missed.append(number)

    assert len(mutants) > 60
    assert missed == []
    assert shell(GOLDEN, POINT).returncode == 0


def test_without_a_checkpoint_all_three_miss_the_same() -> None:
    """A cut tail and a changed last line pass without a checkpoint: nobody promises more."""
    cut = exported(chain(LAST))
    changed = exported(chain(LAST + 1))
    changed[LAST] = changed[LAST].replace(b'"kind":"decision-taken"', b'"kind":"decision-token"')

    for lines in (cut, changed):
        assert theirs(lines) is None
        assert ours(lines) is None
        assert theirs(lines, NOTED) == ours(lines, NOTED) != None  # noqa: E711 - a chain of two


def test_a_real_night_passes(tmp_path: Path) -> None:
    """Plans, hostile texts and emoji of a whole night are hashed alike by all three."""
    entries = entries_of(
        night(texts=['","entry":{"body":"x"},"salt":', "{}\\\"'$(id)`%s", "é🚨\t\n"])
    )
    path = tmp_path / "lot.zip"
    with path.open("wb") as output:
        bundle(entries, output, SUMMARY)
    lot = unpacked(path.read_bytes(), tmp_path)

    for run in (python(path), shell(lot)):
        assert (run.returncode, run.stderr) == (0, "")
        assert entries[-1].hash in run.stdout
    assert verify_file(path).head == entries[-1].hash


def test_signatures_are_checked_when_asked_or_said_unchecked(tmp_path: Path) -> None:
    """The right key passes, another does not; not asked for, they are said not to be checked."""
    signer, other = (load_or_create(tmp_path / name, "ch-fictif.example") for name in ("a", "b"))
    entries = [replace(entry, sig=signer.entry(entry.hash)) for entry in chain(4)]
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(exported(entries)))
    plain = tmp_path / "plain.jsonl"
    plain.write_bytes(b"".join(exported(chain(4))))
    key = str(signer.verifier)

    for options in ([], ["--key", key]):
        code, text = verifier.run([str(path), *options])
        assert code == 0
        assert "4 présentes, non vérifiées" in text
    run = python(path, "--key", key, "--signatures")
    assert run.returncode == 0
    assert "4 présentes, 4 vérifiées avec la clé donnée" in run.stdout
    for file, wrong in ((path, other), (plain, signer)):
        code, text = verifier.run([str(file), "--key", str(wrong.verifier), "--signatures"])
        assert (code, text.splitlines()[0]) == (1, "NON VÉRIFIÉ — étape 12, ligne 1")


@pytest.mark.parametrize(
    "arguments",
    [
        [str(GOLDEN), "--checkpoint", "12"],
        [str(GOLDEN), "--checkpoint", f"0:{'0' * 64}"],
        [str(GOLDEN), "--key", "nom"],
        [str(GOLDEN), "--autre"],
        ["nulle-part.zip"],
    ],
)
def test_what_cannot_be_checked_is_no_verdict(arguments: list[str]) -> None:
    """A line not understood, or a file that is not there, ends with 2 and a sentence."""
    code, text = verifier.run(arguments)

    assert code == 2
    assert "VÉRIFIÉ" not in text
    assert text.startswith(("Usage", "Lecture impossible"))


@pytest.mark.parametrize("arguments", [[GOLDEN, "12"], ["nulle-part"], ["lot.zip"]])
def test_what_the_shell_cannot_check_is_no_verdict(arguments: list[str | Path]) -> None:
    """The same for the shell, which does not open a zip."""
    run = shell(*arguments)

    assert run.returncode == 2
    assert run.stdout.startswith("Usage")
    assert "VÉRIFIÉ" not in run.stdout


def test_half_a_zip_is_found(tmp_path: Path) -> None:
    """A download cut short is a fault in words, not a trace."""
    path = tmp_path / "lot.zip"
    path.write_bytes(made(chain(3))[:-30])

    assert verifier.run([str(path)])[0] == 1


def test_a_bundle_made_before_the_verifiers_still_verifies(tmp_path: Path) -> None:
    """Journal, notice and their manifest are a whole bundle for every verifier."""
    files = {name: contents(made(chain(3)))[name] for name in ("journal.jsonl", "LISEZMOI.txt")}
    lines = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in {**files, "manifest.sha256": "".join(lines).encode()}.items():
            archive.writestr(name, content)
    path = tmp_path / "lot.zip"
    path.write_bytes(output.getvalue())

    assert verify_file(path).ok
    assert verifier.run([str(path)])[0] == 0
    assert shell(unpacked(output.getvalue(), tmp_path)).returncode == 0


def test_the_one_file_verifier_is_one_file() -> None:
    """It imports the standard library alone, and is read by a Python older than ours."""
    tree = ast.parse((FOLDER / "verifier.py").read_text(encoding="utf-8"), feature_version=(3, 9))
    asked = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else _names(node))
    }

    assert asked - set(sys.stdlib_module_names) == set()


def _names(node: ast.Import) -> list[str]:
    return [alias.name for alias in node.names]


class Page(HTMLParser):
    """What a browser would load, and the elements still open."""

    def __init__(self) -> None:
        """Start with nothing open."""
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what opens, and what it would fetch."""
        self.loads += [name for name, _ in attrs if name in {"src", "href", "action"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last that opened, which must be this one."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what people read."""
        self.text += data if self.open[-1:] != ["style"] else ""


def test_the_page_explains_and_loads_nothing() -> None:
    """The page is whole, fetches nothing, and says what is proven and what is not."""
    page = Page()

    page.feed((FOLDER / "A-LIRE.html").read_text(encoding="utf-8"))

    assert page.open == page.loads == []
    for words in ("Ce qui est prouvé", "Ce qui n'est pas prouvé", "python3 verifier.py", "RSSI"):
        assert words in page.text
    assert re.search(r" [:;!?]", page.text) is None


# -- what the verifiers of the kit do for themselves -------------------------------------------


def test_all_three_agree_on_what_never_goes(tmp_path: Path) -> None:
    """A hole is refused for each kind that stays, whatever names it, and let be for the others."""
    found = {}
    for kind in (*LASTING, *ERASABLE):
        book = Book()
        book.raw(kind, {})
        book.hollow(1)
        book.add(LinesErased(1, (ErasedLine(1, kind, "", {}),)))
        path = tmp_path / "journal.jsonl"
        path.write_bytes(b"".join(book.lines))
        found[kind] = (ours(book.lines), theirs(book.lines), shell(path).returncode)

    assert found == {
        kind: ((13, 1), (13, 1), 1) if kind in LASTING else (None, None, 0) for kind in found
    }


#: RFC 8032, 7.1: secret key, public key, message, signature.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760"
        "984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_signatures_of_the_standard_are_accepted(public: str, message: str, signature: str) -> None:
    """The vectors of RFC 8032 pass, and not with one bit changed anywhere."""
    parts = [bytes.fromhex(one) for one in (public, message, signature)]

    assert verifier.verifies(parts[0], parts[1], parts[2])
    for part in range(3):
        for at in range(0, 8 * len(parts[part]), 37):
            changed = bytearray(parts[part])
            changed[at // 8] ^= 1 << at % 8
            wrong = [*parts[:part], bytes(changed), *parts[part + 1 :]]
            assert not verifier.verifies(wrong[0], wrong[1], wrong[2])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=99),
    flip=st.integers(0, 511),
)
def test_signatures_get_the_same_verdict_as_from_the_library(
    seed: bytes, message: bytes, flip: int
) -> None:
    """Right ones and wrong ones, against another implementation."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key()
    raw = public.public_bytes_raw()
    wrong = bytearray(key.sign(message))
    wrong[flip // 8] ^= 1 << flip % 8

    assert verifier.verifies(raw, message, key.sign(message))
    with pytest.raises(InvalidSignature):
        public.verify(bytes(wrong), message)
    assert not verifier.verifies(raw, message, bytes(wrong))


@pytest.mark.parametrize(
    ("public", "signature"),
    [
        (bytes(32), bytes(64)),
        (b"\xff" * 32, bytes(64)),
        (b"", b""),
        (bytes.fromhex(VECTORS[0][0]), bytes.fromhex(VECTORS[0][2])[:63]),
        # S plus the order of the group: the same point, another signature (RFC 8032, 5.1.7).
        (
            bytes.fromhex(VECTORS[0][0]),
            bytes.fromhex(VECTORS[0][2])[:32]
            + (
                int.from_bytes(bytes.fromhex(VECTORS[0][2])[32:], "little") + verifier.ORDER
            ).to_bytes(32, "little"),
        ),
    ],
)
def test_what_is_no_signature_is_refused(public: bytes, signature: bytes) -> None:
    """Points that are none, short ones, and a second spelling of a true one."""
    assert not verifier.verifies(public, b"", signature)


@pytest.mark.parametrize("bare", [False, True], ids=["answer", "token alone"])
@pytest.mark.parametrize("function", ["sha256", "sha512"])
def test_tokens_say_the_same_to_both_readers(function: str, bare: bool) -> None:
    """Function, hash and time with its fractions, as the product's own reader finds them."""
    numbers = {"sha256": SHA256, "sha512": "2.16.840.1.101.3.4.2.3"}
    wrong = Wrong(function=numbers[function], imprint=hashlib.new(function, b"x").digest())
    made_by = token if bare else answer
    made = made_by(request(b"x", 5), AUTHORITY, wrong)

    known = read_token(made)

    assert verifier.stamped(made) == (function, known.imprint, known.time)
    assert known.time.microsecond == 910_000


def whole_bundle(*pieces: Path, certificates: bytes = b"") -> bytes:
    """A bundle with everything that one can hold."""
    output = io.BytesIO()
    enclosed = Enclosed(("csv",), certificates or AUTHORITY.pem, pieces)
    book = whole_book(AUTHORITY)
    for piece in pieces:
        book.add(FileRead("F1", "1.5", "photo.jpg", 5, piece.name, kept=True))
    bundle(book.entries, output, SUMMARY, enclosed)
    return output.getvalue()


def test_a_whole_bundle_is_sound_for_all_three(tmp_path: Path) -> None:
    """Notes, tokens, keys, certificates and pieces: each verifier says what it checked of them."""
    piece = tmp_path / sha256(b"photo").hexdigest()
    piece.write_bytes(b"photo")
    data = whole_bundle(piece)
    path = tmp_path / "lot.zip"
    path.write_bytes(data)
    lot = unpacked(data, tmp_path)
    names = sorted(one.relative_to(lot).as_posix() for one in lot.rglob("*") if one.is_file())

    report = verify_file(path)

    assert report.fault is None
    assert [one.vouched for one in report.stamps] == [True, True]
    assert any("viennent du lot" in one for one in report.unchecked)
    assert [name for name in names if "/" in name] == [
        "jetons/0000003-0000005.tsr",
        "jetons/0000011-0000013.tsr",
        "jetons/certificats.pem",
        f"pieces/{piece.name}",
        "points-de-controle/0000003.note",
        "points-de-controle/0000009.note",
        "points-de-controle/0000011.note",
        "vues/main-courante.csv",
    ]
    assert (lot / "cles.txt").read_text("utf-8").count("# à partir de la ligne") == 2
    for source in (path, lot):
        code, text = verifier.run([str(source), "--key", str(FIRST.verifier), "--signatures"])
        assert code == 0, text
        for words in (
            "15 vérifiées",
            "2 (par la ligne 8)",
            "signés\u00a0: 3",
            "avant le 21/11/2026",
        ):
            assert words in text
    run = shell(lot)
    assert (run.returncode, run.stderr) == (0, "")
    assert "Horodatages : 2, dont 2 vérifiés par openssl" in run.stdout


def test_a_piece_is_the_one_that_was_read(tmp_path: Path) -> None:
    """A piece of another content, or that the journal never saw, is found by both programs."""
    piece = tmp_path / sha256(b"photo").hexdigest()
    piece.write_bytes(b"photo")
    files = contents(whole_bundle(piece))
    stranger = f"pieces/{sha256(b'x').hexdigest()}"

    for change in ({f"pieces/{piece.name}": b"autre"}, {stranger: b"x"}):
        path = tmp_path / "lot.zip"
        path.write_bytes(remade(files, change))
        report = verify_file(path)
        assert report.fault is not None
        assert (report.fault.check, "pieces/" in report.fault.message) == (1, True)
        assert verifier.run([str(path)])[1].startswith("NON VÉRIFIÉ — étape 1")


COPIED = ("points-de-controle/0000009.note", "jetons/0000003-0000005.tsr", "cles.txt")


@pytest.mark.parametrize("name", COPIED)
def test_a_copy_that_differs_from_the_journal_is_found(name: str, tmp_path: Path) -> None:
    """Whoever changes a note, a token or the keys of a bundle has the journal against him."""
    data = whole_bundle()
    files = contents(data)
    changed = remade(files, {name: files[name][:-2] + b"~~"})
    path = tmp_path / "lot.zip"
    path.write_bytes(changed)

    report = verify_file(path)

    assert report.fault is not None
    assert (report.fault.check, name in report.fault.message) == (1, True)
    for source in (path, unpacked(changed, tmp_path)):
        assert verifier.run([str(source)])[1].startswith("NON VÉRIFIÉ — étape 1")
    if name != "cles.txt":
        run = shell(tmp_path / "lot")
        assert (run.returncode, name in run.stdout) == (1, True)


def test_a_copy_of_nothing_is_found(tmp_path: Path) -> None:
    """A note that the journal does not have is foreign, even in the manifest."""
    changed = remade(contents(whole_bundle()), {"points-de-controle/0000007.note": b"x"})
    path = tmp_path / "lot.zip"
    path.write_bytes(changed)

    report = verify_file(path)

    assert report.fault is not None
    assert report.fault.message == "points-de-controle/0000007.note n'est pas dans le journal."
    assert verifier.run([str(path)])[0] == 1


def remade(files: dict[str, bytes], change: dict[str, bytes]) -> bytes:
    """The bundle with these files changed, and its manifest put right by who changed them."""
    files = {**files, **change}
    del files["manifest.sha256"]
    lines = [f"{sha256(content).hexdigest()}  {name}\n" for name, content in files.items()]
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, "manifest.sha256": "".join(lines).encode()}.items():
            archive.writestr(name, content)
    return output.getvalue()


def test_openssl_refuses_the_stamps_of_another_authority(tmp_path: Path) -> None:
    """With certificates from elsewhere, the shell believes those and not the bundle's."""
    lot = unpacked(whole_bundle(), tmp_path)
    own, other = tmp_path / "own.pem", tmp_path / "other.pem"
    own.write_bytes(AUTHORITY.pem)
    other.write_bytes(Authority.make(above="Autre").pem)

    assert shell(lot, "", own).returncode == 0
    refused = shell(lot, "", other)
    assert refused.returncode == 1
    assert "ligne 5 : openssl refuse ce jeton" in refused.stdout


def test_old_stamps_hold_when_their_certificate_has_expired(tmp_path: Path) -> None:
    """Certificates are judged at the time of the stamp, by the shell as by us."""
    past = timedelta(days=3000)
    expired = Authority.make(NOW - past, NOW - past + timedelta(days=365))
    book = Book()
    book.now = NOW - past + timedelta(days=100)
    book.said("a")
    book.checkpoint()
    book.stamp(expired)
    output = io.BytesIO()
    bundle(book.entries, output, SUMMARY, Enclosed((), expired.pem))
    path = tmp_path / "lot.zip"
    path.write_bytes(output.getvalue())

    run = shell(unpacked(output.getvalue(), tmp_path))

    assert "1, dont 1 vérifiés par openssl" in run.stdout
    assert [one.vouched for one in verify_file(path).stamps] == [True]


def test_notes_and_mails_are_checkpoints_for_the_kit(tmp_path: Path) -> None:
    """A note kept in a file is read by each, and refused by each on another history."""
    note = FIRST.note("2026-0001", 4, whole_book().entries[3].hash)
    kept = tmp_path / "note.txt"
    kept.write_text(f"> Bonjour\r\n>\r\n{note.replace(chr(10), chr(13) + chr(10))}", "utf-8")
    path, other = tmp_path / "journal.jsonl", tmp_path / "other.jsonl"
    path.write_bytes(b"".join(whole_book().lines))
    book = Book()
    book.said(*"abcdef")
    other.write_bytes(b"".join(book.lines))

    assert verifier.run([str(path), "--checkpoint", str(kept)])[0] == 0
    assert verifier.run([str(other), "--checkpoint", str(kept)])[0] == 1
    assert shell(path, kept).returncode == 0
    assert shell(other, kept).returncode == 1
    assert shell(path, path).returncode == 2

"""The ``openssl`` program: the second opinion on every stamp, and an authority of its own.

It is not ours and not the library's: where the two disagree, a test fails.  A machine without it
fails the tests that ask it, and says what to install.
"""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from tests.anchors.authority import POLICY, Authority

_CONFIG = f"""\
[tsa]
default_tsa = ours
[ours]
serial = {{folder}}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = {POLICY}
other_policies = 1.2.3.4
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
clock_precision_digits = 6
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*args: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run the program; the test fails when it is not there."""
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("the openssl program is missing: install it (Debian, Ubuntu: apt-get openssl)")
    return subprocess.run([program, *map(str, args)], capture_output=True, check=False)


def accepts(
    folder: Path, answer: bytes, message: bytes, pinned: Authority, at: datetime | None
) -> bool:
    """Whether ``openssl ts -verify`` believes this answer on this message.

    ``at`` is when it is to judge the certificates (UTC), now when ``None``.
    """
    files = {"answer": answer, "message": message, "root": pinned.root.pem}
    files["others"] = pinned.between.pem + pinned.leaf.pem
    for name, content in files.items():
        (folder / name).write_bytes(content)
    moment: list[str | Path] = ["-attime", str(int(at.timestamp()))] if at else []
    done = openssl(
        *("ts", "-verify", "-in", folder / "answer", "-data", folder / "message"),
        *("-CAfile", folder / "root", "-untrusted", folder / "others", *moment),
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


class Program:
    """An authority that is the ``openssl`` program, with the certificates of one of ours."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        """Lay its files in this folder."""
        self._folder = folder
        folder.mkdir(exist_ok=True)
        (folder / "serial").write_text("01")
        (folder / "config").write_text(_CONFIG.format(folder=folder))
        (folder / "leaf").write_bytes(authority.leaf.pem)
        (folder / "key").write_bytes(authority.leaf.key_pem)
        (folder / "chain").write_bytes(authority.between.pem + authority.root.pem)

    def answer(self, request: bytes) -> bytes:
        """Its answer to this request, dated now."""
        (self._folder / "request").write_bytes(request)
        done = openssl(
            *("ts", "-reply", "-config", self._folder / "config", "-section", "ours"),
            *("-queryfile", self._folder / "request", "-out", self._folder / "reply"),
            *("-signer", self._folder / "leaf", "-inkey", self._folder / "key"),
            *("-chain", self._folder / "chain"),
        )
        assert done.returncode == 0, done.stderr
        return (self._folder / "reply").read_bytes()

    def reads(self, answer: bytes) -> str:
        """What the program prints of an answer."""
        (self._folder / "read").write_bytes(answer)
        done = openssl("ts", "-reply", "-in", self._folder / "read", "-text")
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

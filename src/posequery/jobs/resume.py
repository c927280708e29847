"""What a killed job goes on from: a folder that belongs to one exact job and to no other."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from posequery.jobs.files import sha256, write_text


@contextmanager
def job(
    folder: Path, told: Mapping[str, object], inputs: Mapping[str, Path | None]
) -> Iterator[Path]:
    """Yield `folder` as this job left it, or empty if it was another's; drop it once all is done.

    told: plain data, all that the job was told and that decides its numbers, its code's digest
    among it. inputs: the files that it reads, by what they are to it; their content counts, not
    where they lie. The block ends with the job's outputs whole: if it raises, the folder stays.
    """
    key = _key(told, inputs)
    owner = folder / "job"
    if not owner.is_file() or owner.read_bytes() != key.encode():
        if folder.exists():
            _drop(folder)
        folder.mkdir(parents=True)
        write_text(owner, key)
    yield folder
    _drop(folder)


def _key(told: Mapping[str, object], inputs: Mapping[str, Path | None]) -> str:
    read = {name: path and sha256(path) for name, path in inputs.items()}
    return hashlib.sha256(json.dumps([told, read], sort_keys=True).encode()).hexdigest()


def start_over(folder: Path) -> None:
    """Empty the folder of a job whose state is damaged; it stays that job's."""
    for path in folder.iterdir():
        if path.name != "job":
            path.unlink()


def _drop(folder: Path) -> None:
    # First of all: what a kill leaves of the folder is nobody's then, and is not gone on from.
    (folder / "job").unlink(missing_ok=True)
    shutil.rmtree(folder)

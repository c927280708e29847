"""What a killed job resumes from: a folder that belongs to exactly one job."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from posequery.jobs.files import sha256, write_text


@contextmanager
def job(
    folder: Path, arguments: Mapping[str, object], inputs: Mapping[str, Path | None]
) -> Iterator[Path]:
    """Yield `folder` as this job left it, emptied if it belonged to another; deleted at the end.

    arguments: plain data, all arguments of the job that decide its numbers, with its code's digest.
    inputs: the files that it reads, by what they are to it; their content counts, not their paths.
    If the block raises, the folder stays, and the same job resumes from it.
    """
    key = _key(arguments, inputs)
    owner = folder / "job"
    if not owner.is_file() or owner.read_bytes() != key.encode():
        if folder.exists():
            _delete(folder)
        folder.mkdir(parents=True)
        write_text(owner, key)
    yield folder
    _delete(folder)


def _key(arguments: Mapping[str, object], inputs: Mapping[str, Path | None]) -> str:
    read = {name: path and sha256(path) for name, path in inputs.items()}
    return hashlib.sha256(json.dumps([arguments, read], sort_keys=True).encode()).hexdigest()


def start_over(folder: Path) -> None:
    """Empty the folder of a job whose state is damaged; it stays that job's."""
    for path in folder.iterdir():
        if path.name != "job":
            path.unlink()


def _delete(folder: Path) -> None:
    # This goes first, so that no job resumes from what a kill leaves of the folder.
    (folder / "job").unlink(missing_ok=True)
    shutil.rmtree(folder)

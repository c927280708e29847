"""What a killed job goes on from: a folder that belongs to one exact job and to no other."""

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from posequery.jobs.files import sha256, write_text


def job_key(arguments: dict[str, object], inputs: Iterable[str | Path]) -> str:
    """A digest of a job: of what it was told, and of the content of the files that it reads."""
    told = {key: str(value) for key, value in arguments.items()}
    text = json.dumps([told, [sha256(path) for path in inputs]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def job_folder(folder: str | Path, key: str) -> Path:
    """The folder of the job with that key, emptied if it was another job's."""
    folder = Path(folder)
    owner = folder / "job"
    if not owner.is_file() or owner.read_bytes() != key.encode():
        if folder.exists():
            finished(folder)
        folder.mkdir(parents=True)
        write_text(owner, key)
    return folder


def start_over(folder: Path) -> None:
    """Empty the folder of a job whose state is damaged; it stays that job's."""
    for path in folder.iterdir():
        if path.name != "job":
            path.unlink()


def finished(folder: Path) -> None:
    """Drop the folder of a job whose outputs are whole."""
    # First of all: what a kill leaves of the folder is nobody's then, and is not gone on from.
    (folder / "job").unlink(missing_ok=True)
    shutil.rmtree(folder)

"""What a killed job resumes from: a folder that belongs to exactly one job."""

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from posequery.jobs.files import sha256, write_text


def job_key(arguments: dict[str, object], inputs: Iterable[str | Path]) -> str:
    """A digest of a job: of its arguments and of the content of the files that it reads."""
    texts = {key: str(value) for key, value in arguments.items()}
    text = json.dumps([texts, [sha256(path) for path in inputs]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def job_folder(folder: str | Path, key: str) -> Path:
    """The folder of the job with that key, emptied if it belonged to another job."""
    folder = Path(folder)
    owner = folder / "job"
    if not owner.is_file() or owner.read_bytes() != key.encode():
        if folder.exists():
            finished(folder)
        folder.mkdir(parents=True)
        write_text(owner, key)
    return folder


def start_over(folder: Path) -> None:
    """Empty the folder of a job whose state is damaged; it still belongs to that job."""
    for path in folder.iterdir():
        if path.name != "job":
            path.unlink()


def finished(folder: Path) -> None:
    """Delete the folder of a job whose outputs are complete."""
    # This goes first, so that no job resumes from what a kill leaves of the folder.
    (folder / "job").unlink(missing_ok=True)
    shutil.rmtree(folder)

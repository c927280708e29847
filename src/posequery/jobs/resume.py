"""What a killed job resumes from: a folder that belongs to exactly one job.

A job calls `keep` whenever it has got somewhere, and `restored` when it starts. What is kept is
believed only if its sums are right.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from posequery.jobs.files import sha256, write_text
from posequery.jobs.locks import try_lock
from posequery.jobs.terminal import tell

KEPT = "kept.json"
"""The file of a folder that says what of it counts: a line of its own SHA-256, and the rest."""

Found = TypeVar("Found")


@contextmanager
def job(
    folder: Path, arguments: Mapping[str, object], inputs: Mapping[str, Path | None]
) -> Iterator[Path]:
    """Yield `folder` as this job left it, emptied if it belonged to another; deleted at the end.

    arguments: plain data, all arguments of the job that decide its numbers, with its code's digest.
    inputs: the files that it reads, by what they are to it; their content counts, not their paths.
    If the block raises, the folder stays, and the same job resumes from it. A second process that
    asks for the same folder waits until this one is done with it or killed.
    """
    key = _key(arguments, inputs)
    owner = folder / "job"
    with _alone(folder):
        if not owner.is_file() or owner.read_bytes() != key.encode():
            _delete(folder)
            folder.mkdir(parents=True)
            write_text(owner, key)
        yield folder
        _delete(folder)


def _key(arguments: Mapping[str, object], inputs: Mapping[str, Path | None]) -> str:
    read = {name: path and sha256(path) for name, path in inputs.items()}
    return hashlib.sha256(json.dumps([arguments, read], sort_keys=True).encode()).hexdigest()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a lock beside `folder`, which the system takes back however this process ends."""
    path = folder.with_name(f"{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with open(path, "a", encoding="utf-8") as file:
            _lock(file.fileno(), path)
            if not _is_open(file.fileno(), path):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _lock(descriptor: int, path: Path) -> None:
    found = try_lock(descriptor)
    if found == "busy":
        tell(f"{path}: another process does this job; waiting until it ends")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    elif found == "no locks":
        tell(f"{path}: this file system has no locks; nothing keeps two jobs apart here")


def _is_open(descriptor: int, path: Path) -> bool:
    """Whether a file is still the one at `path`: whoever held a lock deletes it at the end."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def keep(folder: Path, note: Any, files: Iterable[Path] = ()) -> None:
    """From here on, a job that is killed goes on with `note` and with `files`, as they are now.

    note: plain data. files: some of the folder's own, under new names where their content is new;
    those that were kept before and are no more are deleted. A kill at any time leaves either what
    was kept before or this.
    """
    path, before = folder / KEPT, {}
    with suppress(OSError, ValueError):
        before = _read(path)["files"]
    now = {file.name: sha256(file) for file in files}
    text = json.dumps({"note": note, "files": now})
    write_text(path, f"{_sum(text)}\n{text}\n")
    for name in before.keys() - now.keys():
        (folder / name).unlink(missing_ok=True)


def restored(folder: Path, read: Callable[[Any], Found]) -> Found | None:
    """What `read` makes of the note that was kept; None if there is none, with the folder empty.

    Whatever is wrong with what was kept, or raised by `read`, is reported, and counts as nothing.
    """
    path = folder / KEPT
    try:
        if path.is_file():
            kept = _read(path)
            for name, digest in kept["files"].items():
                if sha256(folder / name) != digest:
                    raise ValueError(f"{name} does not match its SHA-256")
            return read(kept["note"])
    except Exception as error:  # whatever is wrong with a half-way state, starting over fixes it
        tell(f"{folder}: what a killed job left is damaged ({error}); the job starts over")
    _empty(folder)
    return None


def _read(path: Path) -> dict[str, Any]:
    digest, text = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    if digest != _sum(text):
        raise ValueError(f"{path.name} does not match its SHA-256")
    return json.loads(text)


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _empty(folder: Path) -> None:
    """It stays this job's."""
    for path in folder.iterdir():
        if path.name != "job":
            _remove(path)


def _delete(folder: Path) -> None:
    if folder.is_dir():
        # This goes first, so that no job resumes from what a kill leaves of the folder.
        _remove(folder / "job")
    _remove(folder)


def _remove(path: Path) -> None:
    """Whatever it is: the folder is this job's alone, and a stray in it is nobody's."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

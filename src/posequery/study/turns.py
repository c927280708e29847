"""One run at a time of a study, and no jobs left of a run that was killed."""

import os
import socket
import stat
import time
from pathlib import Path

import psutil

from posequery.jobs.files import BadInput
from posequery.jobs.locks import try_lock

MARK = "POSEQUERY_RUN"
"""Environment variable of a run's processes: the lock of the study that they run."""

_held: dict[str, int] = {}
"""Locks of this process and their open files, which must stay open as long as it lives."""


def inherited(out: Path) -> bool:
    """Whether this process was started by the run that holds the lock of the study in `out`."""
    path = _lock(out)
    return os.environ.get(MARK) == path and path not in _held


def take(out: Path) -> bool:
    """Hold the lock of the study whose results are in `out` until this process ends.

    The kernel frees it however the process ends, and all that the process starts from now on is
    marked as a part of this run. Nothing is to be done in a part of the run that holds it. False
    where the file system has no locks. Raises `BadInput` if another run holds it, or where it
    cannot be a file.
    """
    path = Path(_lock(out))
    if str(path) in _held or inherited(out):
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Neither a link is followed, which might empty another's file, nor a pipe waited for.
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as error:
        fault = f"is no lock that can be held ({error.strerror})"
        raise BadInput(path, fault, "Delete it, or let yourself write in its folder") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise BadInput(path, "is no file", "Delete it")
    found = try_lock(file)
    if found != "taken":
        noted = os.read(file, 1000).decode(errors="replace")
        os.close(file)
        if found == "busy":
            raise _busy(out, noted)
        return False
    _held[str(path)] = file
    os.ftruncate(file, 0)
    since = time.strftime("%Y-%m-%d %H:%M")
    os.write(file, f"{os.getpid()} {socket.gethostname()} {since}".encode())
    os.environ[MARK] = str(path)
    return True


def _lock(out: Path) -> str:
    return str(out.resolve() / ".lock")


def _busy(out: Path, noted: str) -> BadInput:
    if not noted:  # it has begun just now
        return BadInput(out, "a run of this study is under way", "Wait until it ends")
    process, host, since = noted.split(" ", 2)
    here = "" if host == socket.gethostname() else f" on {host}"
    fault = f"a run of this study is under way (process {process}{here}, since {since})"
    return BadInput(out, fault, f"Wait until it ends, or stop it{here} by `kill {process}`")


def end_orphans(out: Path) -> int:
    """End what a killed run of the study left running on this machine, and return how many.

    To be called by the lock's holder. They are killed at once: whatever they write appears whole
    or not at all, and the study goes on from their last checkpoints.
    """
    orphans = [one for one in psutil.process_iter() if _marked(one, _lock(out))]
    for orphan in orphans:
        try:
            orphan.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(orphans, timeout=60)
    return len(orphans)


def _marked(process: psutil.Process, path: str) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == path
    except (psutil.Error, OSError):  # another user's, or ended
        return False

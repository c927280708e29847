"""What wraps every script: a user's mistake is reported in one line, a bug with its traceback."""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from posequery.jobs.files import BadInput, require_sums
from posequery.jobs.terminal import tell

INTERRUPTED = 130  # the shell's own convention: 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE: whoever reads the output, such as `head`, has gone


FIXES = {
    errno.ENOSPC: "Free some space there and run again",
    errno.EDQUOT: "Free some of your quota there and run again",
    errno.EFBIG: "Allow files of this size (ulimit -f), or use a file system that holds them",
    errno.EIO: "Check its disk, and the disks of what was read",
    errno.EROFS: "Use a folder that is writable",
    errno.EACCES: "Get permission for it, or use another folder",
    errno.EPERM: "Get permission for it, or use another folder",
    errno.EISDIR: "Move this folder away, where a file should be, and run again",
    errno.ENOENT: "Check its path, and let nothing delete its folder meanwhile",
    errno.ENOTDIR: "Move the file away that is where a folder should be, and run again",
    errno.ENAMETOOLONG: "Use a shorter name, or a folder nearer to the root",
    errno.EEXIST: "Move it away and run again",
}
"""System errors that the user can fix, and how."""


def parsed_when_whole(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """A job's arguments, once the data that it reads are known to be as they were made.

    These follow `--summed`, which is added here and taken out again. Raises `BadInput` as
    `files.require_sums` does.
    """
    parser.add_argument(
        "--summed", nargs="*", default=[], help="what is held against the sum beside it"
    )
    options = parser.parse_args()
    require_sums(options.summed)
    del options.summed
    return options


def of_system(error: OSError) -> BadInput:
    """What a system error means to a user: which file, and the fix."""
    path = error.filename or _log()
    fix = FIXES.get(error.errno or 0, "Check its path and its disk")
    return BadInput(path, os.strerror(error.errno) if error.errno else str(error), fix)


def _log() -> str:
    """Where standard error goes: an error that names no file is of what writes there."""
    try:
        return str(Path("/proc/self/fd/2").readlink())
    except OSError:
        return "a file"


def _end(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_DFL)  # a second one ends it at once
    sys.exit(128 + number)


def run(main: Callable[[], object]) -> None:
    """Call `main`, and turn whatever the user can fix into one line and an exit code.

    `BadInput`, and an `OSError` listed in `FIXES`, become `error: ...` on stderr and exit code 1,
    an interruption exit code 130, an order to end (SIGTERM) 143; both leave no half files. Any
    other exception is a bug and keeps its traceback.
    """
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)
    try:
        main()
    except BadInput as fault:
        tell(f"error: {fault}")
        sys.exit(1)
    except BrokenPipeError:
        os._exit(BROKEN_PIPE)
    except OSError as fault:
        if fault.errno not in FIXES or (fault.errno == errno.ENOENT and not fault.filename):
            raise
        try:
            tell(f"error: {of_system(fault)}")
        finally:
            # HDF5 2.0 crashes in its clean-up at exit if it could not finish writing a file.
            os._exit(1)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # while torch ends it would be a traceback
        # Whoever interrupts a run of many jobs need not hear it from each.
        sys.stderr.write("error: interrupted\n")
        sys.exit(INTERRUPTED)

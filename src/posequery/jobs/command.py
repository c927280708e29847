"""The frame around every script: what a person did wrong is told in one line, a bug in full."""

import errno
import os
import sys
from collections.abc import Callable

from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell

INTERRUPTED = 130  # the shell's own convention: 128 + SIGINT
SEEN_ENOUGH = 141  # 128 + SIGPIPE: whoever reads the output, such as `head`, has gone


MACHINE = {
    errno.ENOSPC: "Free some space there and run again",
    errno.EDQUOT: "Free some of your quota there and run again",
    errno.EROFS: "Take a folder that can be written",
    errno.EACCES: "Get the right to it, or take another folder",
}
"""Faults of the machine that a person can mend, and how."""


def run(main: Callable[[], object]) -> None:
    """Call `main`, and turn what a person can mend into one line and an exit code.

    `BadInput`, and an `OSError` of `MACHINE`, become `error: ...` on stderr and exit code 1, an
    interruption exit code 130. Any other exception is a bug, and passes through with its traceback.
    """
    try:
        main()
    except BadInput as fault:
        tell(f"error: {fault}")
        sys.exit(1)
    except BrokenPipeError:
        os._exit(SEEN_ENOUGH)
    except OSError as fault:
        if fault.errno not in MACHINE:
            raise
        path = fault.filename or "a file"
        try:
            tell(f"error: {BadInput(path, os.strerror(fault.errno), MACHINE[fault.errno])}")
        finally:
            # HDF5 2.0 crashes in its clean-up at exit if it could not write a file to the end.
            os._exit(1)
    except KeyboardInterrupt:
        tell("error: interrupted")
        sys.exit(INTERRUPTED)

"""What wraps every script: a user's mistake is reported in one line, a bug with its traceback."""

import errno
import os
import sys
from collections.abc import Callable

from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell

INTERRUPTED = 130  # the shell's own convention: 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE: whoever reads the output, such as `head`, has gone


FIXES = {
    errno.ENOSPC: "Free some space there and run again",
    errno.EDQUOT: "Free some of your quota there and run again",
    errno.EROFS: "Use a folder that is writable",
    errno.EACCES: "Get permission for it, or use another folder",
}
"""System errors that the user can fix, and how."""


def run(main: Callable[[], object]) -> None:
    """Call `main`, and turn whatever the user can fix into one line and an exit code.

    `BadInput`, and an `OSError` listed in `FIXES`, become `error: ...` on stderr and exit code 1,
    an interruption exit code 130. Any other exception is a bug and keeps its traceback.
    """
    try:
        main()
    except BadInput as fault:
        tell(f"error: {fault}")
        sys.exit(1)
    except BrokenPipeError:
        os._exit(BROKEN_PIPE)
    except OSError as fault:
        if fault.errno not in FIXES:
            raise
        path = fault.filename or "a file"
        try:
            tell(f"error: {BadInput(path, os.strerror(fault.errno), FIXES[fault.errno])}")
        finally:
            # HDF5 2.0 crashes in its clean-up at exit if it could not finish writing a file.
            os._exit(1)
    except KeyboardInterrupt:
        # Whoever interrupts a run of many jobs need not hear it from each.
        print("error: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)

"""The frame around every script: what a person did wrong is told in one line, a bug in full."""

import sys
from collections.abc import Callable

from posequery.files import BadInput
from posequery.terminal import tell

INTERRUPTED = 130  # the shell's own convention: 128 + SIGINT


def run(main: Callable[[], object]) -> None:
    """Call `main`, and turn what a person can mend into one line and an exit code.

    `BadInput` becomes `error: ...` on stderr and exit code 1, an interruption exit code 130.
    Any other exception is a bug, and passes through with its traceback.
    """
    try:
        main()
    except BadInput as fault:
        tell(f"error: {fault}")
        sys.exit(1)
    except KeyboardInterrupt:
        tell("error: interrupted")
        sys.exit(INTERRUPTED)

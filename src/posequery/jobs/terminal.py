"""Lines that a person should see even where a rule's stderr goes into its log."""

import os
import sys
from contextlib import suppress

VARIABLE = "POSEQUERY_TERMINAL"
"""Environment variable that holds the number of the terminal's file descriptor, if there is one."""


def tell(line: str) -> None:
    """Write `line` to stderr, and to the terminal as well where that is another file."""
    descriptor = os.environ.get(VARIABLE, "")
    # The terminal first: it takes the line also where a full disk keeps it from the log. And a
    # descriptor that the caller has closed loses a courtesy, no result.
    if descriptor.isdigit():
        with suppress(OSError):
            os.write(int(descriptor), f"{line}\n".encode())
    print(line, file=sys.stderr, flush=True)

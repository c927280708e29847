"""Lines that the user should see even when a rule's stderr goes to its log."""

import os
import sys
from contextlib import suppress

VARIABLE = "POSEQUERY_TERMINAL"
"""Environment variable that holds the number of the terminal's file descriptor, if there is one."""

ERASE = "\r\x1b[J"
"""What a line on a terminal starts with: it takes the place of what moves there."""


def tell(line: str) -> None:
    """Write `line` to stderr, and also to the terminal if that is a different file."""
    descriptor = os.environ.get(VARIABLE, "")
    # The terminal comes first: it gets the line even if a full disk keeps it out of the log. If the
    # caller has closed the descriptor, this copy is lost, but no result.
    if descriptor.isdigit():
        with suppress(OSError):
            terminal = int(descriptor)
            erase = ERASE if os.isatty(terminal) else ""
            os.write(terminal, f"{erase}{line}\n".encode())
    print(line, file=sys.stderr, flush=True)

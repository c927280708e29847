"""Lines that a person should see even where a rule's stderr goes into its log."""

import os
import sys

VARIABLE = "POSEQUERY_TERMINAL"
"""Environment variable that holds the number of the terminal's file descriptor, if there is one."""


def tell(line: str) -> None:
    """Write `line` to stderr, and to the terminal as well where that is another file."""
    print(line, file=sys.stderr, flush=True)
    descriptor = os.environ.get(VARIABLE, "")
    if not descriptor.isdigit():
        return
    try:
        os.write(int(descriptor), f"{line}\n".encode())
    except OSError:
        # A descriptor that the caller has closed loses a courtesy, no result.
        return

"""To be imported before all else by what a user runs: from here on Ctrl-C is one line.

While modules are imported it would be a traceback, or a module that seems broken. `command.run`
makes it a KeyboardInterrupt again.
"""

import os
import signal


def _end(*_: object) -> None:
    os.write(2, b"error: interrupted\n")
    os._exit(128 + signal.SIGINT)


if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else nohup
    signal.signal(signal.SIGINT, _end)

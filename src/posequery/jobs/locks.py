"""Locks on open files, which the system takes back however the process that holds one ends."""

import errno
import fcntl
from typing import Literal

_BUSY = (errno.EWOULDBLOCK, errno.EACCES)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What a file system without locks may answer."""


def try_lock(descriptor: int) -> Literal["taken", "busy", "no locks"]:
    """Lock an open file, unless another process has; 'no locks' where the file system has none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _BUSY:
            return "busy"
        if error.errno in _NO_LOCKS:
            return "no locks"
        raise
    return "taken"

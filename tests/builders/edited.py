"""Changes to a file that its sum then vouches for: what a program would have written wrongly."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from posequery.jobs import sealed


@contextmanager
def edited(path: Path) -> Iterator[h5py.File]:
    """Yield a sealed file for changing; it is sealed again."""
    with h5py.File(path, "r+", locking=False) as file:
        yield file
    sealed.seal(path)

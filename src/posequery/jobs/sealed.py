"""HDF5 files that no damage passes, and many byte strings packed into one of them.

In front of the HDF5 content, in the user block that the format leaves free, stands the seal: the
file's size, the range of its bulk, if it has one, and the SHA-256 of all that is neither seal nor
bulk. It is verified before HDF5 reads the file, since HDF5 may hang on a damaged one. The bulk is
the content of packed byte strings, each of which is verified by a CRC-32 of its own when it is
read, so that opening a large file takes no longer than a small one.
"""

import hashlib
import os
import tempfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from posequery.jobs.files import BadInput, unreadable, whole

USER_BLOCK = 512
"""Bytes of the seal; the smallest that HDF5 allows."""
BULK, STARTS, SUMS = "packed", "packed_start", "packed_crc32"
"""Datasets of packed byte strings: the bytes of all (b,) uint8, end to end; where each starts, and
the last ends (n + 1,) int64; the CRC-32 of each (n,) uint32."""

_BLOCK = 1 << 20  # bytes
_TITLE = "posequery: an HDF5 file follows; the sum is of all after this block but the bulk"
MALFORMED = (AttributeError, LookupError, OSError, OverflowError, TypeError, ValueError)
"""What reading a malformed file may raise."""


@contextmanager
def created(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """Yield a new HDF5 file; it appears at `path`, sealed, only if the block succeeds."""
    with whole(path) as temporary, create(temporary) as file:
        yield file


@contextmanager
def create(path: str | os.PathLike[str]) -> Iterator[h5py.File]:
    """Like `created`, for a `path` that is already a temporary one."""
    # Not every file system has locks, and none is needed: a file is written once.
    with h5py.File(path, "w", userblock_size=USER_BLOCK, track_order=True, locking=False) as file:
        yield file
    seal(path)


def seal(path: str | os.PathLike[str]) -> None:
    """Write the seal of a file that was created with room for it, and is as it should be."""
    with h5py.File(path, "r", locking=False) as file:
        first = (BULK in file and file[BULK].id.get_offset()) or 0  # none where nothing is packed
        bulk = (first, first + len(file[BULK])) if first else (0, 0)
    with open(path, "r+b", buffering=0) as raw:
        raw.write(_seal(raw.fileno(), bulk))


@contextmanager
def opened(path: str | os.PathLike[str], what: str, fix: str) -> Iterator[h5py.File]:
    """Yield a sealed file for reading.

    Raises `BadInput`, in which the file is called a `what`, if it is missing, damaged or has no
    seal, or if reading it in the block fails.
    """
    verify(path, what, fix)
    try:
        with h5py.File(path, "r", locking=False) as file:
            _require_plain(file)
            yield file
    except BadInput:
        raise
    except MALFORMED as error:
        raise BadInput(path, f"not a valid {what} ({error})", fix) from error


def _require_plain(file: h5py.File) -> None:
    """Raise ValueError for what `create` never leads to: a link that leaves the file or goes round
    in it, content that lies elsewhere, and a size that the file does not hold."""
    size, met, waiting = Path(file.filename).stat().st_size, set[int](), [file["/"]]
    while waiting:
        found = waiting.pop()
        if (place := h5py.h5o.get_info(found.id).addr) in met:
            raise ValueError(f"{found.name} is linked twice")
        met.add(place)
        if any(h5py.check_ref_dtype(found.attrs.get_id(name).dtype) for name in found.attrs):
            raise ValueError(f"an attribute of {found.name} is a reference")
        if isinstance(found, h5py.Dataset):
            numbers = found.dtype.kind in "fiub"
            if found.external or found.is_virtual or not numbers or found.nbytes > size:
                raise ValueError(f"{found.name} is not the content of this file")
        elif isinstance(found, h5py.Group):
            for name in found:
                if not isinstance(found.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{name} is a link")
                waiting.append(found[name])
        else:
            raise ValueError(f"{found.name} is a type, not an array")


def verify(path: str | os.PathLike[str], what: str, fix: str) -> None:
    """Raise `BadInput` as `opened` does for a file that is missing, damaged or has no seal."""
    if not Path(path).is_file():
        raise BadInput(path, f"there is no such {what}", fix)
    try:
        with open(path, "rb", buffering=0) as raw:
            found = os.pread(raw.fileno(), USER_BLOCK, 0)
            bulk, _ = _stated(found)
            right = _seal(raw.fileno(), bulk)
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError:
        fault = f"not a valid {what}: it does not begin with its sum (damaged, or older?)"
        raise BadInput(path, fault, fix) from None
    if found != right:
        fault = f"not a valid {what}: it is not as it was written (its sum differs)"
        raise BadInput(path, fault, fix)


def digest(path: str | os.PathLike[str]) -> str:
    """The SHA-256 in the seal of a verified file: what sets its content apart."""
    with open(path, "rb") as file:
        return _stated(file.read(USER_BLOCK))[1]


def bulk(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Where the bulk of a verified file begins and ends, in bytes; (0, 0) where it has none."""
    with open(path, "rb") as file:
        return _stated(file.read(USER_BLOCK))[0]


def _stated(seal: bytes) -> tuple[tuple[int, int], str]:
    """The range of the bulk and the SHA-256 that a seal states, right or not."""
    title, _, bulk, digest, _ = seal.rstrip(b"\0").decode("ascii").split("\n")
    start, stop = map(int, bulk.removeprefix("bulk ").split(" "))
    if title != _TITLE or not 0 <= start <= stop:
        raise ValueError("no seal")
    return (start, stop), digest.removeprefix("sha256 ")


def _seal(file: int, bulk: tuple[int, int]) -> bytes:
    size = os.fstat(file).st_size
    digest = hashlib.sha256()
    for start, stop in ((USER_BLOCK, bulk[0] or size), (bulk[1] or size, size)):
        while start < stop and (block := os.pread(file, min(_BLOCK, stop - start), start)):
            digest.update(block)
            start += len(block)
    lines = [_TITLE, f"size {size}", f"bulk {bulk[0]} {bulk[1]}", f"sha256 {digest.hexdigest()}"]
    return "\n".join([*lines, ""]).encode().ljust(USER_BLOCK, b"\0")


class Packing:
    """Byte strings on their way into a sealed file; memory grows by 12 bytes a string.

    folder: where the file will be. They wait there in a nameless file, which no kill leaves.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._waiting = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by `close`)
        self._starts, self._sums = array("q", [0]), array("I")

    def __len__(self) -> int:
        return len(self._sums)

    def append(self, data: np.ndarray) -> None:
        """Add bytes (k,) uint8."""
        content = data.tobytes()
        self._waiting.write(content)
        self._starts.append(self._starts[-1] + len(content))
        self._sums.append(zlib.crc32(content))

    def store(self, file: h5py.File) -> None:
        """Write all that was added into `file`, in the order in which it was."""
        bulk = file.create_dataset(BULK, (self._starts[-1],), np.uint8)
        file[STARTS] = np.array(self._starts, np.int64)
        file[SUMS] = np.array(self._sums, np.uint32)
        self._waiting.seek(0)
        place = 0
        while block := self._waiting.read(_BLOCK):
            bulk[place : place + len(block)] = np.frombuffer(block, np.uint8)
            place += len(block)

    def close(self) -> None:
        self._waiting.close()


class Packed:
    """The packed byte strings of a sealed file; works in forked processes and threads alike.

    file: as `opened` gives it; it may be closed afterwards. what: what one of them is called in
    errors, each of which advises `fix`. To be closed.
    """

    def __init__(self, file: h5py.File, what: str, fix: str) -> None:
        self._path, self._what, self._fix = file.filename, what, fix
        self._starts, self._sums = file[STARTS][:], file[SUMS][:]
        size = len(file[BULK])
        rising = (np.diff(self._starts) >= 0).all() and self._starts[-1] == size
        if len(self._starts) != len(self._sums) + 1 or self._starts[0] != 0 or not rising:
            raise ValueError(f"{len(self._sums)} packed parts that do not add up to {size} bytes")
        self._first = file[BULK].id.get_offset() or 0
        self._file = os.open(self._path, os.O_RDONLY)

    def __len__(self) -> int:
        return len(self._sums)

    def __getitem__(self, index: int) -> np.ndarray:
        """Bytes (k,) uint8; raises `BadInput` if they are not those that were written."""
        start, stop = self._starts[index], self._starts[index + 1]
        try:
            data = os.pread(self._file, stop - start, self._first + start)
        except OSError as error:
            fault = f"{self._what} {index} is not readable ({error.strerror or error})"
            raise BadInput(self._path, fault, self._fix) from error
        if zlib.crc32(data) != self._sums[index]:
            if len(data) and not any(data):
                fault = f"holds no {self._what}s: an archive leaves those of real people out"
                raise BadInput(self._path, fault, "Delete it, bring its video, and run again")
            fault = f"{self._what} {index} is broken: it is not as it was written (its sum differs)"
            raise BadInput(self._path, fault, self._fix)
        return np.frombuffer(data, np.uint8)

    def close(self) -> None:
        os.close(self._file)

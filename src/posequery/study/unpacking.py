"""An archive from elsewhere is checked as a whole, and unpacked only if nothing in it is wrong."""

import hashlib
import os
import re
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from posequery.jobs import bounds
from posequery.jobs.files import COPY_AGAIN, BadInput, unreadable, whole_folder
from posequery.study import copies, sums
from posequery.study.schema import NAME
from posequery.study.sums import SUMS

CHUNK = 1 << 20  # bytes

_BLOCK = 1 << 16  # bytes
_HOSTILE_FIX = "Do not unpack it"


def verify(path: Path) -> int:
    """Check every file of an archive against its SHA256SUMS, unpacking nothing; their number.

    Raises BadInput for an archive that is cut short or followed by anything, that unpacks to a
    bomb, holds a file that is changed, unlisted or missing, or holds what could write outside its
    own folder, or one file over another, when unpacked: absolute paths, `..`, backslashes, drives,
    a second top folder, names that differ in case alone, links, devices.
    """
    return len(_verified(path)[1])


def restore(path: Path, place: Path) -> Path:
    """Verify an archive, and unpack it to a folder of its study's name in `place`: that folder.

    Its files get one date, so that Snakemake makes none of them again. The folder appears whole or
    not at all. Raises BadInput as `verify` does, and where the folder is there already.
    """
    folder, listed = _verified(path)
    target = place / folder
    if os.path.lexists(target):  # also a link that leads nowhere
        fault = "is there already, and restoring would replace it"
        raise BadInput(target, fault, "Move it away, or restore in another folder")
    with whole_folder(target) as temporary:
        with _sound(path):
            for name, content in _opened(path, []):
                file = temporary / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as sink:
                    for block in _blocks(content):
                        sink.write(block)
        if sums.read(temporary / SUMS) != listed:
            raise BadInput(path, "changed while it was unpacked", COPY_AGAIN)
        copies.restore(temporary)
    return target


def _verified(path: Path) -> tuple[str, dict[str, str]]:
    """The name of an archive's folder, and the sums of its files."""
    found: dict[str, str] = {}
    listing: str | None = None
    folders: list[str] = []
    try:
        with _sound(path):
            for name, content in _opened(path, folders):
                if name in found or (name == SUMS and listing is not None):
                    raise BadInput(path, f"holds {name} twice", _HOSTILE_FIX)
                if name == SUMS:
                    listing = _listing(path, content)
                else:
                    found[name] = _sum(content)
    except OSError as fault:
        raise unreadable(path, fault) from None
    if listing is None:
        raise BadInput(path, f"holds no {SUMS}", COPY_AGAIN)
    if not re.fullmatch(NAME, folders[0]):
        raise BadInput(path, f"holds the folder {folders[0]!r}, no study's", _HOSTILE_FIX)
    if strange := next((name for name in found if not sums.is_listed(name)), None):
        raise BadInput(path, f"holds {strange}, which is no result of a study", _HOSTILE_FIX)
    _require_apart(path, [*found, SUMS])
    listed = sums.parse(path, listing)
    for name in sorted(found.keys() | listed.keys()):
        if name not in found:
            raise BadInput(path, f"{name} is listed and missing", COPY_AGAIN)
        if name not in listed:
            raise BadInput(path, f"{name} is not listed in {SUMS}", "Do not trust it")
        if found[name] != listed[name]:
            raise BadInput(path, f"{name} differs from its checksum", COPY_AGAIN)
    if not found:
        raise BadInput(path, "holds nothing beside its list", COPY_AGAIN)
    return folders[0], listed


def _opened(path: Path, folders: list[str]) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of the archive `path`, as `_members` gives them."""
    if path.exists() and not path.is_file():
        raise BadInput(path, "is no file", "Give the archive's file")
    with path.open("rb") as file:
        yield from _members(path, _Unzipped(file, path.stat().st_size), folders)


@contextmanager
def _sound(path: Path) -> Iterator[None]:
    """Raise BadInput for what reading a damaged archive raises."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, *_HOSTILE) as fault:
        raise BadInput(path, f"is damaged or no archive ({fault})", COPY_AGAIN) from None


def _members(
    path: Path, stream: "_Unzipped", folders: list[str]
) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive, by their names below its one folder, to its very end.

    folders: gets that folder's name.
    """
    count = 0
    with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as tar:
        while member := tar.next():
            name = _safe_name(path, member, folders[0] if folders else None)
            folders[:] = [member.name.partition("/")[0]]
            content = tar.extractfile(member)
            assert content is not None  # a regular file, says _safe_name
            yield name, content
            count += 1
            if count > bounds.ARCHIVE_FILES:
                fault = f"holds more than {bounds.ARCHIVE_FILES:,} files"
                raise BadInput(path, fault, _HOSTILE_FIX)
            tar.members.clear()  # type: ignore[attr-defined] # it would keep all
        stream.finish()


def _require_apart(path: Path, names: list[str]) -> None:
    """Raise BadInput where one file would be written over another, or where a folder is to be."""
    places: dict[str, str] = {}
    for name in names:
        other = places.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise BadInput(
                path, f"holds {other} and {name}, one file on some systems", _HOSTILE_FIX
            )
    for name in places:
        for parent in PurePosixPath(name).parents:
            if str(parent) in places:
                raise BadInput(path, f"holds {parent} both as file and as folder", _HOSTILE_FIX)


_HOSTILE = (ValueError, OverflowError, RecursionError)
"""What tarfile raises for headers that nobody's program writes, beside its own errors."""


class _Unzipped:
    """What a gzip file holds, for tarfile, which reads it forward.

    size: the file's, in bytes. Refuses headers that would fill the memory, since tarfile reads each
    at once, and what unpacks to more than an archive of this size does. Python's own reader takes
    anything after the end for more of the same, and an end that is missing for one.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._most = file, max(bounds.ARCHIVE_BYTES, bounds.ARCHIVE_RATIO * size)
        self._zip = zlib.decompressobj(zlib.MAX_WBITS | 16)  # gzip's header and trailer
        self._ready, self._place = b"", 0

    def tell(self) -> int:
        return self._place

    def seek(self, place: int) -> None:
        while self._place < place and self.read(min(CHUNK, place - self._place)):
            pass
        if self._place != place:
            raise tarfile.ReadError("it ends early")

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= CHUNK:
            raise tarfile.ReadError(f"a header of more than {CHUNK} bytes")
        while len(self._ready) < size and not self._zip.eof:
            block = self._zip.unconsumed_tail or self._file.read(_BLOCK)
            if not block:
                raise tarfile.ReadError("it ends early")
            self._ready += self._zip.decompress(block, _BLOCK)
        data, self._ready = self._ready[:size], self._ready[size:]
        self._place += len(data)
        if self._place > self._most:
            raise tarfile.ReadError(f"it unpacks to more than {self._most} bytes")
        return data

    def finish(self) -> None:
        """After the first empty block: raise unless the archive and the file end there."""
        rest = self.read(CHUNK)
        if len(rest) < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it ends early")
        if len(rest) > tarfile.RECORDSIZE or rest.strip(b"\0"):
            raise tarfile.ReadError("something follows its end")
        if self._zip.unused_data or self._file.read(1):
            raise tarfile.ReadError("something follows its end")


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    while block := content.read(CHUNK):
        yield block


def _listing(path: Path, content: IO[bytes]) -> str:
    text = b""
    for block in _blocks(content):
        text += block
        if len(text) > bounds.TEXT_BYTES:
            raise BadInput(path, f"{SUMS} is oversized", _HOSTILE_FIX)
    return text.decode()


def _sum(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for block in _blocks(content):
        digest.update(block)
    return digest.hexdigest()


def _safe_name(path: Path, member: tarfile.TarInfo, folder: str | None) -> str:
    """A member's name below the archive's one folder, which the first member (None) sets."""
    top, _, name = member.name.partition("/")
    if member.type != tarfile.REGTYPE or member.issparse():
        fault = "which is no plain file"
    elif not member.name.isprintable():
        fault = "which no file of a study is called"
    elif not sums.is_short(member.name):
        fault = "whose name is too long"
    elif not sums.is_safe(member.name) or not name or folder not in (None, top):
        fault = "which lies outside its folder"
    else:
        return name
    raise BadInput(path, f"holds {member.name!r}, {fault}", _HOSTILE_FIX)

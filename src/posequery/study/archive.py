"""One file that holds a study's results and everything that says how they came about."""

import gzip
import hashlib
import json
import platform
import subprocess
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from importlib.metadata import distributions
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from posequery.jobs import bounds
from posequery.jobs.files import COPY_AGAIN, SUM_SUFFIX, BadInput, unreadable, whole
from posequery.study import sums
from posequery.study.sums import SUMS

KEPT = (
    "breakdown.csv",
    "cells",
    "cells.csv",
    "clips/*.json",
    "evidence",
    "figures",
    "labels",
    "only",
    "report.html",
    "scores",
    "seconds.csv",
    "selections",
    "student",
    "study.yaml",
    "tables",
    "teachers",
)
"""What is packed of a study's folder, where it is there. Of the frames only the lists that say
which is which: they may be licensed, and can be made again. `pictures` are left out, of a
restricted run as well, because they may show people; so are older archives. Logs and the states of
unfinished jobs mean nothing elsewhere."""

CHUNK = 1 << 20  # bytes

_BLOCK = 1 << 16  # bytes
_HOSTILE_FIX = "Do not unpack it"
_MAKE_WHOLE = "Copy it again, or delete it with what lies beside it and run the study again"


def pack(results: Path, target: Path, *, settings: Mapping[str, Any], checkout: Path) -> int:
    """Pack the study in the folder `results` into `target` (.tar.gz); the number of files.

    Beside the results go `settings` (the whole config, as JSON), the pins in `checkout`/envs,
    the versions installed, the git commit if there is one, and a SHA256SUMS that
    `sha256sum -c` reads. The same content gives the same bytes. `target` appears whole or not
    at all; memory does not grow with the files. Raises BadInput if the study has no cells.csv,
    and, naming the file, where what is packed is not what the study's own SHA256SUMS says.
    """
    if not (results / "cells.csv").is_file():
        raise BadInput(results, "holds no cells.csv, so no finished study", "Run the study first")
    texts = {
        "environment/versions.txt": _versions(),
        "settings.json": json.dumps(settings, indent=2, sort_keys=True) + "\n",
    }
    commit = _commit(checkout)
    if commit:
        texts["environment/commit.txt"] = commit
    own = {f"environment/{path.name}": path for path in (checkout / "envs").iterdir()}
    stated, kept = _kept(results)
    files, listed = own | kept, {}  # type: dict[str, Path], dict[str, str]
    with (
        whole(target) as temporary,
        temporary.open("wb") as raw,
        # No name and no time in gzip's header, so that the bytes depend on the content alone.
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(files | texts):
            if name in texts:
                content = texts[name].encode()
                listed[name] = _add(tar, results.name, name, BytesIO(content), len(content))
            else:
                with files[name].open("rb") as file:
                    size = files[name].stat().st_size
                    listed[name] = _add(tar, results.name, name, file, size)
                if name in kept and listed[name] != stated[name]:
                    fault = f"is not as it was made: {SUMS} has another sum of it"
                    raise BadInput(files[name], fault, _MAKE_WHOLE)
        listing = sums.as_text(listed).encode()
        _add(tar, results.name, SUMS, BytesIO(listing), len(listing))
    return len(listed)


def verify(path: Path) -> int:
    """Check every file of an archive against its SHA256SUMS, unpacking nothing; their number.

    Raises BadInput for an archive that is cut short or followed by anything, that unpacks to a
    bomb, holds a file that is changed, unlisted or missing, or holds what could write outside its
    own folder, or one file over another, when unpacked: absolute paths, `..`, backslashes, drives,
    a second top folder, names that differ in case alone, links, devices.
    """
    found: dict[str, str] = {}
    listing: str | None = None
    if path.exists() and not path.is_file():
        raise BadInput(path, "is no file", "Give the archive's file")
    try:
        with path.open("rb") as file:
            for name, content in _members(path, _Unzipped(file, path.stat().st_size)):
                if name in found or (name == SUMS and listing is not None):
                    raise BadInput(path, f"holds {name} twice", _HOSTILE_FIX)
                if name == SUMS:
                    listing = _listing(path, content)
                else:
                    found[name] = _sum(content)
    except (tarfile.TarError, EOFError, zlib.error, *_HOSTILE) as fault:
        raise BadInput(path, f"is damaged or no archive ({fault})", COPY_AGAIN) from None
    except OSError as fault:
        raise unreadable(path, fault) from None
    if listing is None:
        raise BadInput(path, f"holds no {SUMS}", COPY_AGAIN)
    _require_apart(path, [*found, SUMS])
    listed = sums.parse(path, listing)
    for name in sorted(found.keys() | listed.keys()):
        if name not in found:
            raise BadInput(path, f"{name} is listed and missing", COPY_AGAIN)
        if name not in listed:
            raise BadInput(path, f"{name} is not listed in {SUMS}", "Do not trust it")
        if found[name] != listed[name]:
            raise BadInput(path, f"{name} differs from its checksum", COPY_AGAIN)
    return len(found)


def _members(path: Path, stream: "_Unzipped") -> Iterator[tuple[str, IO[bytes]]]:
    """The files of an archive, by their names below its one folder, to its very end."""
    folder, count = None, 0
    with tarfile.open(fileobj=cast(IO[bytes], stream), mode="r:") as tar:
        while member := tar.next():
            name = _safe_name(path, member, folder)
            folder = member.name.partition("/")[0]
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


def _kept(results: Path) -> tuple[dict[str, str], dict[str, Path]]:
    """What a study's list says of the files to be packed, and these files, by name.

    Raises BadInput where one is missing or not listed, or is no file.
    """
    listed, found = sums.read(results / SUMS), sums.find(results)
    sums.refuse_odd(results, found)
    files = {name: path for name, path in found.files.items() if _is_kept(name)}
    for name in sorted(filter(_is_kept, listed.keys() ^ files.keys())):
        if name in files:
            fault = f"{SUMS} does not list it, so that no job made it"
            raise BadInput(files[name], fault, sums.MOVE)
        raise BadInput(results, f"lacks {name}, which {SUMS} lists", _MAKE_WHOLE)
    return listed, files


def _is_kept(name: str) -> bool:
    path = PurePosixPath(name.removesuffix(SUM_SUFFIX))
    parts = [str(part) for part in (path, *path.parents)]
    kept = any(fnmatchcase(part, pattern) for part in parts for pattern in KEPT)
    return kept and "pictures" not in path.parts


class _Hashing:
    """A file that hashes what is read from it, so that each is read once only."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self.digest.update(block)
        return block


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


def _add(tar: tarfile.TarFile, folder: str, name: str, file: IO[bytes], size: int) -> str:
    member = tarfile.TarInfo(f"{folder}/{name}")  # mode 644, owner 0, time 0
    member.size = size
    hashing = _Hashing(file)
    tar.addfile(member, hashing)
    return hashing.digest.hexdigest()


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
    elif not sums.is_safe(member.name) or not name or folder not in (None, top):
        fault = "which lies outside its folder"
    else:
        return name
    raise BadInput(path, f"holds {member.name!r}, {fault}", _HOSTILE_FIX)


def _versions() -> str:
    installed = {f"{one.metadata['Name'].lower()}=={one.version}" for one in distributions()}
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return "".join(f"{line}\n" for line in [f"# {system}", *sorted(installed)])


def _commit(checkout: Path) -> str:
    """The checkout's commit and what is changed since; empty without git or a repository."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(checkout), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    try:
        return git("rev-parse", "HEAD") + git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return ""

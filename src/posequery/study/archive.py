"""One file that holds a study's results and everything that says how they came about."""

import gzip
import hashlib
import json
import platform
import subprocess
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from posequery.jobs.files import BadInput, whole

KEPT = (
    "breakdown.csv",
    "cells",
    "cells.csv",
    "clips/pool.json",
    "clips/stream.json",
    "clips/test.json",
    "figures",
    "labels",
    "only",
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

SUMS = "SHA256SUMS"
CHUNK = 1 << 20  # bytes
LONGEST_SUMS = 64 << 20  # bytes; some 500,000 files: more is no archive of ours


def pack(results: Path, target: Path, *, settings: Mapping[str, Any], checkout: Path) -> int:
    """Pack the study in the folder `results` into `target` (.tar.gz); the number of files.

    Beside the results go `settings` (the whole config, as JSON), the pins in `checkout`/envs,
    the versions installed, the git commit if there is one, and a SHA256SUMS that
    `sha256sum -c` reads. The same content gives the same bytes. `target` appears whole or not
    at all; memory does not grow with the files. Raises BadInput if the study has no cells.csv.
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
    files = {f"environment/{path.name}": path for path in (checkout / "envs").iterdir()}
    files |= {path.relative_to(results).as_posix(): path for path in _kept(results)}
    sums: dict[str, str] = {}
    with (
        whole(target) as temporary,
        temporary.open("wb") as raw,
        # No name and no time in gzip's header, so that the bytes depend on the content alone.
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name in sorted(files | texts):
            if not name.isprintable() or "\\" in name:
                raise BadInput(results / name, "has a name that SHA256SUMS cannot hold", "Rename")
            if name in texts:
                content = texts[name].encode()
                sums[name] = _add(tar, results.name, name, BytesIO(content), len(content))
            else:
                with files[name].open("rb") as file:
                    size = files[name].stat().st_size
                    sums[name] = _add(tar, results.name, name, file, size)
        listing = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
        _add(tar, results.name, SUMS, BytesIO(listing), len(listing))
    return len(sums)


def verify(path: Path) -> int:
    """Check every file of an archive against its SHA256SUMS, unpacking nothing; their number.

    Raises BadInput for an archive that is cut short, holds a file that is changed, unlisted or
    missing, or holds what could write outside its own folder when unpacked: absolute paths,
    `..`, a second top folder, links, devices.
    """
    found: dict[str, str] = {}
    listing = folder = None
    try:
        with _Unzipped(path) as stream, tarfile.open(fileobj=stream, mode="r:") as tar:
            for member in tar:
                name = _safe_name(path, member, folder)
                folder = member.name.partition("/")[0]
                content = tar.extractfile(member)
                assert content is not None  # a regular file, says _safe_name
                if name in found or (name == SUMS and listing is not None):
                    raise BadInput(path, f"holds {name} twice", "Do not unpack it")
                if name == SUMS:
                    if member.size > LONGEST_SUMS:
                        raise BadInput(path, f"{SUMS} is oversized", "Do not unpack it")
                    listing = b"".join(_blocks(content)).decode()
                else:
                    found[name] = _sum(content)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, *_HOSTILE) as fault:
        raise BadInput(path, f"is damaged or no archive ({fault})", "Copy it again") from None
    except OSError as fault:
        raise BadInput(
            path, f"cannot be read: {fault.strerror or fault}", "Copy it again"
        ) from None
    if listing is None:
        raise BadInput(path, f"holds no {SUMS}", "Copy it again")
    listed = _listed(path, listing)
    for name in sorted(found.keys() | listed.keys()):
        if name not in found:
            raise BadInput(path, f"{name} is listed and missing", "Copy it again")
        if name not in listed:
            raise BadInput(path, f"{name} is not listed in {SUMS}", "Do not trust it")
        if found[name] != listed[name]:
            raise BadInput(path, f"{name} differs from its checksum", "Copy it again")
    return len(found)


def _kept(results: Path) -> Iterator[Path]:
    for part in KEPT:
        top = results / part
        for path in [top] if top.is_file() else top.rglob("*"):
            words = path.relative_to(results).parts
            hidden = any(word.startswith(".") for word in words)  # half-written, or a state
            left_out = hidden or "pictures" in words or path.name.endswith(".tar.gz")
            if path.is_file() and not left_out:
                yield path


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


class _Unzipped(gzip.GzipFile):
    """Refuses headers that would fill the memory: tarfile reads each at once, however long."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= CHUNK:
            raise tarfile.ReadError(f"a header of more than {CHUNK} bytes")
        return super().read(size)


def _add(tar: tarfile.TarFile, folder: str, name: str, file: IO[bytes], size: int) -> str:
    member = tarfile.TarInfo(f"{folder}/{name}")  # mode 644, owner 0, time 0
    member.size = size
    hashing = _Hashing(file)
    tar.addfile(member, hashing)
    return hashing.digest.hexdigest()


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    while block := content.read(CHUNK):
        yield block


def _sum(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for block in _blocks(content):
        digest.update(block)
    return digest.hexdigest()


def _safe_name(path: Path, member: tarfile.TarInfo, folder: str | None) -> str:
    """A member's name below the archive's one folder, which the first member (None) sets."""
    top, _, name = member.name.partition("/")
    if not member.isreg():
        fault = "which is no plain file"
    elif not member.name.isprintable():
        fault = "which no file of a study is called"
    elif (
        not {"", ".", ".."}.isdisjoint(member.name.split("/"))
        or not name
        or folder not in (None, top)
    ):
        fault = "which lies outside its folder"
    else:
        return name
    raise BadInput(path, f"holds {member.name!r}, {fault}", "Do not unpack it")


def _listed(path: Path, listing: str) -> dict[str, str]:
    sums = {}
    for line in listing.splitlines():
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not name.isprintable():
            raise BadInput(
                path, f"{SUMS} has the line {line!r}, which is no checksum", "Copy again"
            )
        sums[name] = digest
    return sums


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

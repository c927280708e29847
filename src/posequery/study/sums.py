"""The list of a study's sums, by which a copy of it is known to be whole.

Its first line states how many sums follow and the SHA-256 of them all, so that a list that was cut
short is known; `sha256sum -c` passes over that line.
"""

import hashlib
import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from posequery.jobs.bounds import NAME_BYTES, TEXT_BYTES
from posequery.jobs.files import COPY_AGAIN, BadInput, sha256, unreadable

SUMS = "SHA256SUMS"
"""The list, in the study's folder and in its archive, as `sha256sum -c` reads it."""
LEFT_OUT = ("check.txt", "logs", "state", SUMS)
"""What means nothing in a copy; check.txt is an older version's. Benchmarks do mean something:
Snakemake takes their dates for the results'."""
NEW_LIST = (
    "Delete it where the results are known to be whole and run the workflow, which lists them; "
    "elsewhere, copy it again"
)
"""What to do about a list that is none of this version's."""

_LONGEST = 255
"""Bytes of a file's name, without its folders, on the usual systems."""
_HEAD = "# posequery sums of {} files, sha256 of the list {}\n"
_HEADED = re.compile(r"# posequery sums of (\d{1,9}) files, sha256 of the list ([0-9a-f]{64})\n")
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Found(NamedTuple):
    """What is in a study's folder: its files by their names below it, sorted; and what is none.

    odd: of what is neither file nor folder, or has a name that not every system holds, what is
    wrong with it.
    """

    files: dict[str, Path]
    odd: dict[str, str]


class Compared(NamedTuple):
    """A study's files by how they compare with its list; names below its folder, sorted."""

    right: list[str]
    missing: list[str]
    changed: list[str]
    unlisted: list[str]


def find(results: Path) -> Found:
    """All that is a result in the folder `results`, also in folders that are links.

    Raises `BadInput` for a folder that cannot be read.
    """
    found = Found({}, {})
    _find(results, "", (), found)
    return Found(dict(sorted(found.files.items())), dict(sorted(found.odd.items())))


def _find(folder: Path, below: str, within: tuple[tuple[int, int], ...], found: Found) -> None:
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        raise unreadable(folder, error) from None
    for entry in entries:
        name = below + entry.name
        if not is_listed(name):
            continue
        fault = None if is_safe(name) else "has a name that not every system can hold"
        try:
            status = entry.stat()
        except OSError as error:
            found.odd[name] = f"is a link that leads nowhere ({error.strerror})"
            continue
        place = (status.st_dev, status.st_ino)
        kind = stat.S_IFMT(status.st_mode)
        if kind == stat.S_IFDIR and place in within:
            found.odd[name] = "is a link to a folder that it lies in"
        elif kind not in (stat.S_IFDIR, stat.S_IFREG):
            found.odd[name] = f"is {_KINDS.get(kind, 'no file')}"
        elif fault:
            found.odd[name] = fault
        elif kind == stat.S_IFDIR:
            _find(folder / entry.name, f"{name}/", (*within, place), found)
        else:
            found.files[name] = folder / entry.name


def refuse_odd(results: Path, found: Found) -> None:
    """Raise `BadInput`, which names the first, where something is no file that a copy can hold."""
    for name, fault in found.odd.items():
        more = f", and so are {len(found.odd) - 1} others" if len(found.odd) > 1 else ""
        raise BadInput(results / name, f"{fault}, which no copy of a study holds{more}", MOVE)


MOVE = "Move it out of the study's folder"
"""What to do about what is no file of a study."""


def compare(results: Path) -> Compared:
    """Hash every file of a list.

    Raises `BadInput` where there is no list or a broken one, or something that is no file.
    """
    listed, found = read(results / SUMS), find(results)
    refuse_odd(results, found)
    compared = Compared([], [], [], sorted(found.files.keys() - listed.keys()))
    for name, digest in sorted(listed.items()):
        if name not in found.files:
            compared.missing.append(name)
        else:
            same = sha256(found.files[name]) == digest
            (compared.right if same else compared.changed).append(name)
    return compared


def as_text(sums: dict[str, str]) -> str:
    lines = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    return _HEAD.format(len(sums), hashlib.sha256(lines.encode()).hexdigest()) + lines


def read(path: Path) -> dict[str, str]:
    """The sums in a list, by name; raises `BadInput` for a missing or broken one."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(path, "is no file", MOVE)
        if status.st_size > TEXT_BYTES:
            raise BadInput(path, "is oversized", COPY_AGAIN)
        return parse(path, path.read_bytes().decode())
    except FileNotFoundError:
        fix = "Run the workflow where the results are whole: it writes the list at its end"
        raise BadInput(path, "there is no such list of sums", fix) from None
    except OSError as error:
        raise unreadable(path, error) from None
    except UnicodeDecodeError:
        raise BadInput(path, "is no list of sums", COPY_AGAIN) from None


def parse(path: Path, text: str) -> dict[str, str]:
    """The sums in the text of the list of `path`, by name."""
    head = _HEADED.match(text)
    if not head:
        fault = f"{SUMS} is not whole, or of an older version: it does not begin with its own sum"
        raise BadInput(path, fault, NEW_LIST)
    lines, sums = text[head.end() :], {}
    if hashlib.sha256(lines.encode()).hexdigest() != head[2]:
        fault = f"{SUMS} is not whole: it is not as it was written (its sum differs)"
        raise BadInput(path, fault, NEW_LIST)
    for line in lines.splitlines():
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not is_safe(name):
            raise BadInput(path, f"{SUMS} has the line {line!r}, which is no checksum", COPY_AGAIN)
        sums[name] = digest
    if len(sums) != int(head[1]):
        fault = f"{SUMS} is not whole: it holds {len(sums)} sums and states {head[1]}"
        raise BadInput(path, fault, NEW_LIST)
    return sums


def is_listed(name: str) -> bool:
    """Whether a file of that name is in a study's list."""
    return name.partition("/")[0] not in LEFT_OUT and is_result(name)


def is_result(name: str) -> bool:
    """Whether a file of a study is a result: none half-written, Snakemake's own, or an archive."""
    words = name.split("/")
    hidden = any(word.startswith(".") for word in words)
    beside_cells = len(words) == 1 or (words[0] == "only" and len(words) == 3)
    return not hidden and not (beside_cells and name.endswith(".tar.gz"))


def is_short(name: str) -> bool:
    """Whether the usual file systems hold a name as long as this, with a folder before it."""
    if 2 * len(name) > NAME_BYTES:
        return False
    return all(len(os.fsencode(word)) <= _LONGEST for word in name.split("/"))


def is_safe(name: str) -> bool:
    """Whether a name is of a file below its folder on every system, and of one line."""
    words = name.split("/")
    inside = {"", ".", ".."}.isdisjoint(words)
    trimmed = all(word == word.strip() and not word.endswith(".") for word in words)
    plain = name.isprintable() and "\\" not in name and ":" not in name
    return inside and trimmed and plain and is_short(name)

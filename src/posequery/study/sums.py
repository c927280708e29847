"""The sums of a study's files, by which a copy of it is known to be whole, and made current.

A copy made without dates (`cp -r`, a download, an object store) has the files in any order of
date, so that everything would be made again. All files of a study may have one date: Snakemake
makes again what has a newer input.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from posequery.jobs.bounds import TEXT_BYTES
from posequery.jobs.files import COPY_AGAIN, BadInput, sha256, unreadable, write_text
from posequery.jobs.terminal import tell

SUMS = "SHA256SUMS"
"""The list, in the study's folder and in its archive, as `sha256sum -c` reads it."""
DATE = "state/sums.date"
"""Where the list's date is noted."""
LEFT_OUT = ("check.txt", "logs", "state", SUMS)
"""What means nothing in a copy. Benchmarks do: Snakemake takes their dates for the results'."""


class Compared(NamedTuple):
    """A study's files by how they compare with its list; names below its folder, sorted."""

    right: list[str]
    missing: list[str]
    changed: list[str]
    unlisted: list[str]


def note(results: Path) -> None:
    """Write the list of the files in the folder `results`.

    A file that is older than the list is not read again: it keeps the sum that it had, so that
    damage since does not become right. Where the list cannot be written, that is said.
    """
    try:
        _note(results)
    except OSError as error:
        told = f"is not written ({error.strerror}), so that a copy of these results has no sums"
        tell(f"{results / SUMS}: {told}")


def _note(results: Path) -> None:
    listing = results / SUMS
    known: dict[str, str] = {}
    since = 0
    with suppress(BadInput):
        known, since = read(listing), listing.stat().st_mtime_ns
    sums = {}
    for name, path in _files(results):
        if not is_safe(name):  # the list cannot hold it, so that a copy names it as unlisted
            continue
        kept = known.get(name) if path.stat().st_mtime_ns <= since else None
        sums[name] = kept or sha256(path)
    if sums != known:
        write_text(listing, as_text(sums))
    _note_date(results)


def _note_date(results: Path) -> None:
    """Note the list's date, which a copy without dates has not."""
    write_text(results / DATE, str((results / SUMS).stat().st_mtime_ns))


def looks_copied(results: Path) -> bool:
    """Whether all files of a list are there, but their dates are not those of the run's end.

    That is so of a copy without dates, and of an unpacked archive, which has no state.
    """
    try:
        listed, date = read(results / SUMS), (results / SUMS).stat().st_mtime_ns
        noted = (results / DATE).read_text() if (results / DATE).parent.is_dir() else ""
    except (BadInput, OSError, UnicodeDecodeError):
        return False  # of an older version, which noted no date
    return noted != str(date) and all((results / name).is_file() for name in listed)


def compare(results: Path) -> Compared:
    """Hash every file of a list; raises `BadInput` where there is no list or a broken one."""
    listed, there = read(results / SUMS), dict(_files(results))
    compared = Compared([], [], [], sorted(there.keys() - listed.keys()))
    for name, digest in sorted(listed.items()):
        if not (results / name).is_file():
            compared.missing.append(name)
        else:
            same = sha256(results / name) == digest
            (compared.right if same else compared.changed).append(name)
    return compared


def restore(results: Path) -> int:
    """Make a copy of a study current if it is whole, so that nothing is made again.

    Names each file that is missing, changed or not listed; what is not listed is left as it is.
    Returns the number of those listed. Raises `BadInput`, and changes nothing, if one of them is
    missing or changed.
    """
    found = compare(results)
    for what, names in found._asdict().items():
        for name in names if what != "right" else ():
            tell(f"{what}: {results / name}")
    if found.missing or found.changed:
        fault = f"{len(found.missing)} of its files are missing and {len(found.changed)} changed"
        fix = "Copy these again, or run the workflow, which makes what is missing"
        raise BadInput(results, fault, fix)
    make_current(results, found.right)
    _note_date(results)
    return len(found.right)


def make_current(results: Path, names: Iterable[str]) -> None:
    """Give these files, and the folders that they are in, one date: now."""
    now = time.time_ns()
    folders = {results}
    for name in (*names, SUMS):
        path = results / name
        os.utime(path, ns=(now, now))
        folders |= {parent for parent in path.parents if results in parent.parents}
    for folder in folders:
        # Where Snakemake looks for the date of a folder that a rule makes.
        for dated in (folder, folder / ".snakemake_timestamp"):
            if dated.exists():
                os.utime(dated, ns=(now, now))


def as_text(sums: dict[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def read(path: Path) -> dict[str, str]:
    """The sums in a list, by name; raises `BadInput` for a missing or broken one."""
    try:
        if path.stat().st_size > TEXT_BYTES:
            raise BadInput(path, "is oversized", COPY_AGAIN)
        return parse(path, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        fix = "Run the workflow where the results are whole: it writes the list at its end"
        raise BadInput(path, "there is no such list of sums", fix) from None
    except OSError as error:
        raise unreadable(path, error) from None
    except UnicodeDecodeError:
        raise BadInput(path, "is no list of sums", COPY_AGAIN) from None


def parse(path: Path, text: str) -> dict[str, str]:
    """The sums in the text of the list of `path`, by name."""
    sums = {}
    for line in text.splitlines():
        digest, separator, name = line.partition("  ")
        if not separator or len(digest) != 64 or not is_safe(name):
            raise BadInput(path, f"{SUMS} has the line {line!r}, which is no checksum", COPY_AGAIN)
        sums[name] = digest
    return sums


def is_result(name: str) -> bool:
    """Whether a file of a study is a result: none half-written, Snakemake's own, or an archive."""
    hidden = any(word.startswith(".") for word in name.split("/"))
    return not hidden and not name.endswith(".tar.gz")


def is_safe(name: str) -> bool:
    """Whether a name is of a file below its folder on every system, and of one line."""
    inside = {"", ".", ".."}.isdisjoint(name.split("/"))
    return inside and name.isprintable() and "\\" not in name and ":" not in name


def _files(results: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        if name.split("/")[0] not in LEFT_OUT and is_result(name) and path.is_file():
            yield name, path

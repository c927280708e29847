"""At the end of a run: new sums for what its jobs wrote, and a word on whatever else has changed.

What a run is about to make is noted when it starts, and forgotten once the list is written: a
killed run's files get their sums at the end of the next. All other files must be as the list says.
"""

import json
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from posequery.jobs.files import SUM_SUFFIX, BadInput, sha256, unreadable, write_text
from posequery.jobs.terminal import tell
from posequery.study import sums
from posequery.study.sums import SUMS

DATE = "state/sums.date"
"""Where the list's date is noted, and since when all files are known to be as it says."""
EXPECTED = "state/expected.json"
"""Where it is noted what is about to be made."""
SHOWN = 20
"""Files that are named one by one; of more the number says enough."""


def expect(results: Path, outputs: Iterable[str]) -> None:
    """Note that a run is about to make `outputs`, files and folders; `results` is the study's."""
    inside = (Path(output) for output in outputs)
    names = {one.relative_to(results).as_posix() for one in inside if one.is_relative_to(results)}
    expected = names - {"."} | _expected(results)
    write_text(results / EXPECTED, json.dumps(sorted(expected), indent=0))


def forget(results: Path) -> None:
    """All that was expected is made, and has its sum."""
    (results / EXPECTED).unlink(missing_ok=True)


def _expected(results: Path) -> set[str]:
    # Where it is damaged less is expected, so that more is told; '.' would expect everything.
    path, found = results / EXPECTED, set[str]()
    with suppress(OSError, ValueError, TypeError, RecursionError):
        noted = json.loads(path.read_bytes()) if path.is_file() else []
        found = {name for name in noted if isinstance(name, str) and name != "."}
    return found


def note(results: Path, needed: Callable[[str], bool] = lambda name: False) -> None:
    """Write the list of the files in the folder `results`.

    What was expected gets the sum that it has now. Any other file keeps its sum; it is hashed only
    if it was touched since the last time. Names each that is missing or changed, and each that the
    list does not hold, since no job made it. Raises `BadInput` where one is missing or changed, or
    is no file, or the list is broken. A folder that is gone is said, and no longer listed, unless
    it held one that is `needed`, by its name below `results`. Where the list cannot be written,
    that is said.
    """
    listing, since = results / SUMS, _dates(results)[1] or 0
    known = sums.read(listing) if listing.exists() else None
    if known is None and since:
        tell(f"{listing}: was there and is gone; all files are listed as they are now")
    now, unwritable = since, None  # type: int, OSError | None
    try:
        now = _now(results)
    except OSError as error:  # it does not keep damage from being found
        unwritable = error
    # By a clock that was set back, or damaged, it says nothing.
    listed, faults = _compared(results, known, since if since <= now else 0, needed)
    text = sums.as_text(dict(sorted(listed.items())))
    try:
        if unwritable:
            raise unwritable
        if known is None or text != listing.read_text(encoding="utf-8"):
            write_text(listing, text)
        _write_date(results, since if faults else now)  # and so they are told again
    except OSError as error:
        told = f"is not written ({error.strerror}), so that a copy of these results has no sums"
        tell(f"{listing}: {told}")
    _refuse(results, faults)


def _compared(
    results: Path, known: dict[str, str] | None, since: int, needed: Callable[[str], bool]
) -> tuple[dict[str, str], list[str]]:
    """The sums to be listed, and what is wrong with the files, a line each.

    known: the list so far; since: all files that were not touched after this are as it says.
    """
    found, expected, before = sums.find(results), _expected(results), known or {}
    listed: dict[str, str] = {}
    faults = [f"{results / name}: {fault}" for name, fault in found.odd.items()]
    unlisted = []
    for name, path in found.files.items():
        status, sum_before = path.stat(), before.get(name)
        if sum_before and max(status.st_mtime_ns, status.st_ctime_ns) < since:
            listed[name] = sum_before
        elif _is_among(name, expected) or known is None:
            listed[name] = _sum(path)
        elif not sum_before:
            unlisted.append(name)
        else:
            listed[name] = sum_before
            if _sum(path) != sum_before:
                faults.append(f"changed: {path}")
    gone = [name for name in before.keys() - found.files.keys() if not _is_among(name, expected)]
    for name in sorted(gone):
        if (results / name).parent.is_dir() or needed(name):
            listed[name] = before[name]
            faults.extend([f"missing: {results / name}"] * (name not in found.odd))
    _tell(results, unlisted, sorted(name for name in gone if name not in listed))
    return listed, faults


def _refuse(results: Path, faults: list[str]) -> None:
    """Name the files that are not as they were made, and raise `BadInput` if there are any."""
    for fault in faults[:SHOWN]:
        tell(fault)
    if faults:
        fix = (
            "Copy them again, or delete them with what lies beside them and run again; if all is "
            f"as you want it, delete {SUMS}, and the next run lists what is there"
        )
        fault = (
            f"{len(faults)} of its files are not as they were made, and no job of this run did it"
        )
        raise BadInput(results, fault, fix)


def _sum(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise unreadable(path, error) from None


def _is_among(name: str, outputs: set[str]) -> bool:
    """Whether a file is one of a run's outputs, in one that is a folder, or the sum beside one."""
    own = PurePosixPath(name.removesuffix(SUM_SUFFIX))
    return any(str(one) in outputs for one in (own, *own.parents))


def _tell(results: Path, unlisted: list[str], gone: list[str]) -> None:
    if gone:
        first = results / gone[0]
        tell(f"{first.parent}: is gone; {len(gone)} files of such folders are no longer listed")
    for name in unlisted[:SHOWN]:
        tell(f"unlisted: {results / name}; no job made it")


def note_date(results: Path) -> None:
    """Note that all files are as the list says, and the list's date, which a plain copy has not."""
    _write_date(results, _now(results))


def noted_date(results: Path) -> int | None:
    """The list's date as it was noted; nanoseconds since the epoch, as all of these."""
    return _dates(results)[0]


def _dates(results: Path) -> tuple[int | None, int | None]:
    path = results / DATE
    with suppress(OSError, ValueError):
        if path.is_file():
            date, since = path.read_text().split()
            return int(date), int(since)
    return None, None


def _write_date(results: Path, now: int) -> None:
    write_text(results / DATE, f"{(results / SUMS).stat().st_mtime_ns} {now}")


def _now(results: Path) -> int:
    """The time by the clock of the file system, whose dates it is compared with."""
    state = (results / DATE).parent
    state.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=state) as probe:
        return Path(probe.name).stat().st_mtime_ns

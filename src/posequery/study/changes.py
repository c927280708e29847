"""At the end of a run: new sums for what its jobs wrote, and a word on whatever else has changed.

What a run is about to make is noted when it starts, and forgotten once the list is written: a
killed run's files get their sums at the end of the next. All other files must be as the list says.
"""

import json
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from posequery.jobs.files import SUM_SUFFIX, BadInput, sha256, write_text
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
    write_text(results / EXPECTED, json.dumps(sorted(names | _expected(results)), indent=0))


def forget(results: Path) -> None:
    """All that was expected is made, and has its sum."""
    (results / EXPECTED).unlink(missing_ok=True)


def _expected(results: Path) -> set[str]:
    # Where it is damaged less is expected, so that more is told.
    with suppress(OSError, ValueError, TypeError):
        return {*json.loads((results / EXPECTED).read_bytes())}
    return set()


def note(results: Path) -> None:
    """Write the list of the files in the folder `results`.

    What was expected gets the sum that it has now. Any other file keeps its sum; it is hashed only
    if it was touched since the last time. Names each that is missing or changed, and each that the
    list does not hold, since no job made it. Raises `BadInput` where one is missing or changed, or
    is no file, or the list is broken. A folder that is gone is said, and no longer listed. Where
    the list cannot be written, that is said.
    """
    try:
        faults = _note(results)
    except OSError as error:
        told = f"is not written ({error.strerror}), so that a copy of these results has no sums"
        tell(f"{results / SUMS}: {told}")
        return
    if faults:
        for fault in faults[:SHOWN]:
            tell(fault)
        fix = (
            "Copy them again, or delete them with what lies beside them and run again; if all is "
            f"as you want it, delete {SUMS}, and the next run lists what is there"
        )
        fault = (
            f"{len(faults)} of its files are not as they were made, and no job of this run did it"
        )
        raise BadInput(results, fault, fix)


def _note(results: Path) -> list[str]:
    """Writes the list; what is wrong with the files, a line each."""
    found, listing = sums.find(results), results / SUMS
    known = sums.read(listing) if listing.exists() else None
    expected, before, since = _expected(results), known or {}, _since(results)
    now = _now(results)
    listed: dict[str, str] = {}
    faults = [f"{results / name}: {fault}" for name, fault in found.odd.items()]
    unlisted = []
    for name, path in found.files.items():
        status, sum_before = path.stat(), before.get(name)
        if sum_before and max(status.st_mtime_ns, status.st_ctime_ns) < since:
            listed[name] = sum_before
        elif _is_among(name, expected) or known is None:
            listed[name] = sha256(path)
        elif not sum_before:
            unlisted.append(name)
        else:
            listed[name] = sum_before
            if sha256(path) != sum_before:
                faults.append(f"changed: {path}")
    gone = [name for name in before.keys() - found.files.keys() if not _is_among(name, expected)]
    for name in sorted(gone):
        if (results / name).parent.is_dir():
            listed[name] = before[name]
            faults.extend([f"missing: {results / name}"] * (name not in found.odd))
    _tell(results, unlisted, sorted(name for name in gone if name not in listed))
    text = sums.as_text(dict(sorted(listed.items())))
    if known is None or text != listing.read_text(encoding="utf-8"):
        write_text(listing, text)
    _write_date(results, since if faults else now)  # and so they are told again
    return faults


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


def _since(results: Path) -> int:
    return _dates(results)[1] or 0


def _dates(results: Path) -> tuple[int | None, int | None]:
    with suppress(OSError, ValueError):
        date, since = (results / DATE).read_text().split()
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

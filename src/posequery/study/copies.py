"""A copy of a study is known to be one, checked by its sums, and made current.

A copy made without dates (`cp -r`, a download, an object store) has the files in any order of
date, so that everything would be made again. All files of a study may have one date: Snakemake
makes again what has a newer input.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from posequery.jobs.files import BadInput
from posequery.jobs.terminal import tell
from posequery.study import changes, sums
from posequery.study.sums import SUMS


def looks_copied(results: Path) -> bool:
    """Whether all files of a list are there, but their dates are not those of the run's end.

    That is so of a copy without dates, and of an unpacked archive, which has no state.
    """
    try:
        listed, date = sums.read(results / SUMS), (results / SUMS).stat().st_mtime_ns
    except (BadInput, OSError):
        return False
    noted = changes.noted_date(results)
    if noted is None and (results / "state").is_dir():
        return False  # of an older version, which noted no date
    return noted != date and all((results / name).is_file() for name in listed)


def restore(results: Path) -> int:
    """Make a copy of a study current if it is whole, so that nothing is made again.

    Names each file that is missing, changed or not listed; what is not listed is left as it is.
    Returns the number of those listed. Raises `BadInput`, and changes nothing, if one of them is
    missing or changed, or something is no file.
    """
    found = sums.compare(results)
    for what, names in found._asdict().items():
        for name in names if what != "right" else ():
            tell(f"{what}: {results / name}")
    if found.missing or found.changed:
        fault = f"{len(found.missing)} of its files are missing and {len(found.changed)} changed"
        fix = "Copy these again, or delete them and run the workflow, which makes what is missing"
        raise BadInput(results, fault, fix)
    make_current(results, found.right)
    changes.note_date(results)
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

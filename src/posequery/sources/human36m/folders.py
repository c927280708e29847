"""What is wrong with a folder in which files of Human3.6M are missing."""

import re
from collections.abc import Sequence
from pathlib import Path

from posequery.jobs.files import BadInput


def elsewhere(root: Path, layout: str) -> BadInput | None:
    """Where `root` plainly has the other one of the two layouts, or is beside the data."""
    here = any(root.glob("S*/Videos")) or (root / "images").is_dir()
    for place in () if here else (root.parent, *sorted(root.iterdir())):
        if any(place.glob("S*/Videos")):
            return BadInput(root, f"has no data, but {place} has", "Correct source.root")
    signs = {
        "official": any(root.glob("S*/Videos")),
        "mmpose": (root / "images").is_dir(),
    }
    other = {"official": "mmpose", "mmpose": "official"}[layout]
    if signs[layout] or not signs[other]:
        return None
    return BadInput(
        root, f"has the layout '{other}', not '{layout}'", f"Write source.layout: {other}"
    )


def lacking(root: Path, files: Sequence[Path]) -> list[BadInput]:
    """A fault for each folder that lacks files, or that is missing itself with all its files."""
    by_folder: dict[Path, list[Path]] = {}
    for file in dict.fromkeys(files):
        folder = file.parent
        while folder != root and not folder.exists() and not folder.parent.exists():
            folder = folder.parent
        by_folder.setdefault(folder, []).append(file)
    faults = []
    for folder, several in by_folder.items():
        fault = "there is no such folder"
        if folder.exists():
            first = several[0].relative_to(folder)
            fault = f"lacks {len(several)} file(s), the first is '{first}'"
        faults.append(BadInput(folder, fault, _unpack(root, folder)))
    return faults


def _unpack(root: Path, folder: Path) -> str:
    """What to do about a folder that lacks files: unpack what lies there instead."""
    if folder.is_relative_to(root / "images"):
        return "Run mmpose's preprocess_h36m.py again"
    subject = folder.relative_to(root).parts[0]
    for place in (root, root / subject):
        for file in sorted(place.iterdir()) if place.is_dir() else ():
            packed = file.name.endswith((".tgz", ".tar.gz", ".tar", ".zip"))
            if packed and (place != root or subject in re.split(r"[^A-Za-z0-9]", file.name)):
                return f"Unpack {file}, if that is it"
    return "Unpack its archives into it, see below"

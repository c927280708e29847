"""What is wrong with a folder in which files of Human3.6M are missing."""

import re
from collections.abc import Sequence
from pathlib import Path

from posequery.jobs.files import BadInput
from posequery.sources.human36m.names import SUBJECTS


def elsewhere(root: Path, layout: str) -> BadInput | None:
    """Where `root` plainly has the other one of the two layouts, or is beside the data."""
    signs = {
        "official": any(root.glob("S*/Videos")),
        "mmpose": (root / "images").is_dir(),
    }
    below = (place for place in sorted(root.glob("*")) if place.name not in SUBJECTS)
    for place in () if any(signs.values()) else (root.parent, *below):
        if any(place.glob("S*/Videos")):
            return BadInput(root, f"has no data, but {place} has", "Correct source.root")
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
        faults.append(BadInput(folder, fault, _moved(folder, several) or _unpack(root, folder)))
    return faults


def _moved(folder: Path, lacking: Sequence[Path]) -> str:
    """What to rename or move where the files are there, in another folder than they should be.

    Archives that are unpacked into folders of their own nest them (S1/S1), and copies may change
    capitals.
    """
    parent, name, file = folder.parent, folder.name, lacking[0]
    for other in sorted(parent.glob("*")) if not folder.exists() else ():
        if other.is_dir() and other.name.lower() == name.lower():
            return f"Rename {other} to {name}"
    nested = {
        parent / parent.name / name: folder,
        folder / name: folder,
        parent / file.parent.name: file.parent,
    }
    for place, right in nested.items():
        if place != right and any(place.glob("*")):
            return f"Move what is in {place} to {right}"
    if (parent / file.name).is_file():
        return f"Move the {file.suffix} files of {parent} to {file.parent}"
    return ""


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

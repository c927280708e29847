"""Where the JSON files that OpenPose wrote for a video are, and which frame each is for.

A video's files are `<stem>_<frame, 12 digits from 0>_keypoints.json`; those of a folder of images
are `<image's stem>_keypoints.json`, where frame i is the image with number i + 1. They are searched
for in folders whose names identify them, and the first folder that holds any of them is used:

- with a subject: `<folder>/<subject>/<stem>/`, then `<folder>/<subject>/`, and nowhere else, since
  Human3.6M uses the same video names for all its subjects. Files with the stem elsewhere in
  `<folder>` are refused: they may belong to any subject, and if OpenPose wrote two subjects into
  the same folder, the end of the longer video is left after the shorter one.
- without a subject: `<folder>/<stem>/`, then `<folder>/`.
"""

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from posequery.jobs.files import BadInput, unreadable
from posequery.sources.image_folder import images

SUFFIX = "_keypoints.json"


def title(video: str | os.PathLike[str]) -> str:
    """The name from which a video's files are named: its stem, or a folder's name."""
    return Path(video).name if Path(video).is_dir() else Path(video).stem


def find(folder: Path, subject: str | None, video: Path) -> tuple[Path, dict[int, str]]:
    """The folder with the video's JSON files, and each frame's file name. Raises `BadInput`."""
    return _found(folder, subject, video, _listed)


def digest(folder: Path, subject: str | None, video: Path) -> str:
    """A digest of a video's JSON files; '' where `find` refuses to say which they are.

    It covers their relative paths and sizes: files copied with other dates have the same digest,
    and files that OpenPose wrote again will hardly all have the same sizes. Each folder is listed
    once for all videos, so that files that a process itself writes are not to be asked for.
    """
    try:
        place, files = _found(folder, subject, video, _listed_once)
    except BadInput:
        return ""
    hashed = hashlib.sha256()
    for _, name in sorted(files.items()):
        size = os.stat(os.path.join(place, name)).st_size  # noqa: PTH116, PTH118 (half the time)
        hashed.update(os.fsencode(f"{place.relative_to(folder)}/{name} {size}\n"))
    return hashed.hexdigest()[:16]


def _found(
    folder: Path, subject: str | None, video: Path, listing: Callable[[Path], list[str]]
) -> tuple[Path, dict[int, str]]:
    if not folder.is_dir():
        raise BadInput(folder, "there is no such folder", "Give the folder of OpenPose's output")
    name = title(video)
    number = _numbering(video)
    flat = [folder / name, folder]
    own = [folder / subject / name, folder / subject] if subject else flat
    others: set[str] = set()
    for place in dict.fromkeys([*own, *flat]):
        listed = listing(place)
        files = {
            frame: file for file in listed if (frame := number(file[: -len(SUFFIX)])) is not None
        }
        if files and place not in own:
            fault = f"holds files of '{name}', which may belong to any subject"
            fix = f"Put those of {subject} into {folder / str(subject)}"
            if folder.name == subject:
                fix = f"If they are {subject}'s, give the parent folder: {folder.parent}"
            raise BadInput(place, fault, fix)
        if files:
            if video.is_dir() and place.name == name and len(files) < len(listed):
                stranger = min(set(listed) - set(files.values()))
                fault = f"belongs to no image in {video}"
                fix = "Remove it, or run OpenPose on the images again"
                raise BadInput(place / stranger, fault, fix)
            return place, files
        others |= {_stem(file[: -len(SUFFIX)]) for file in listed}
    if not others:
        searched = " or ".join(str(place) for place in own)
        fault = f"holds no OpenPose file of '{name}' (searched {searched})"
        raise BadInput(folder, fault, "Run OpenPose with --write_json on the video")
    shown = ", ".join(f"'{stem}'" for stem in sorted(others)[:3])
    shown += f" and {len(others) - 3} more" if len(others) > 3 else ""
    fault = f"holds OpenPose files of {shown}, but none of '{name}'"
    raise BadInput(folder, fault, "Give the folder with this video's files, or run OpenPose on it")


def _listed(place: Path) -> list[str]:
    if not place.is_dir():
        return []
    try:
        with os.scandir(place) as entries:
            return sorted(e.name for e in entries if e.name.endswith(SUFFIX) and e.is_file())
    except OSError as error:
        raise unreadable(place, error) from error


_listed_once = functools.cache(_listed)


def _split(name: str) -> tuple[str, int | None]:
    stem, _, digits = name.rpartition("_")
    numbered = len(digits) == 12 and digits.isascii() and digits.isdigit()
    return (stem, int(digits)) if stem and numbered else (name, None)


def _stem(name: str) -> str:
    return _split(name)[0]


def _numbering(video: Path) -> Callable[[str], int | None]:
    """From a JSON file's name without `SUFFIX` to the frame; None if it is not the video's."""
    if video.is_dir():
        name, count = images(video)
        order = {f"{name}{number + 1:06d}": number for number in range(count)}
        return order.get

    own = video.stem

    def number(name: str) -> int | None:
        # First, as a folder may hold the files of many videos.
        if not name.startswith(own):
            return None
        stem, frame = _split(name)
        return frame if stem == own else None

    return number

"""The JSON files that OpenPose writes for one video, read as `Detections`.

Written from OpenPose's documentation and source (doc/02_output.md, include/openpose/flags.hpp,
include/openpose/filestream/wPeopleJsonSaver.hpp, src/openpose/producer/, src/openpose/core/
keypointScaler.cpp, src/openpose/utilities/openCv.cpp); never tried on a file of the real program.

A video's files are `<stem>_<frame, 12 digits from 0>_keypoints.json`; those of a folder of images
are `<image's stem>_keypoints.json`, where frame i is the image with number i + 1. They are searched
for in folders whose names identify them, and the first folder that holds any of them is used:

- with a subject: `<folder>/<subject>/<stem>/`, then `<folder>/<subject>/`, and nowhere else, since
  Human3.6M uses the same video names for all its subjects. Files with the stem elsewhere in
  `<folder>` are refused: they may belong to any subject, and if OpenPose wrote two subjects into
  the same folder, the end of the longer video is left after the shorter one.
- without a subject: `<folder>/<stem>/`, then `<folder>/`.

Coordinates are used as OpenPose gives them. It adds half a source pixel to each peak
(src/openpose/net/nmsBase.cpp: 'empirically higher'), so its origin is known only to half a pixel.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from posequery.jobs.files import BadInput
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.skeletons import from_openpose
from posequery.sources import video as videos
from posequery.teachers.openpose.detections import Detections

PARTS = (25, 18)
"""Body parts of BODY_25 and of COCO."""
LAST = 0.2
"""Share of a video that OpenPose may silently leave out at its end: not all declared frames need to
be shown, as in a video trimmed on a phone. If the clip has these frames, `label_stream` refuses."""
SUFFIX = "_keypoints.json"
OUTSIDE = 0.05
"""Share of joints that may lie outside the frame; OpenPose itself hardly ever puts one there."""
HUGE = 1e9
"""Larger than any coordinate; comparing with it also finds NaN and whole numbers of any length."""

_NUMBER = re.compile(r"_\d+$")
_OPENPOSE_AGAIN = "Run OpenPose on the video again"
_SCALE = "Set the --keypoint_scale that OpenPose was run with, and check that it ran on this video"


def title(video: str | os.PathLike[str]) -> str:
    """The name from which a video's files are named: its stem, or a folder's name."""
    return Path(video).name if Path(video).is_dir() else Path(video).stem


def from_json(
    folder: str | os.PathLike[str],
    video: str | os.PathLike[str],
    size: tuple[int, int],
    frames: int,
    subject: str | None = None,
    scale: int = 0,
    scale_size: tuple[int, int] | None = None,
    missing: str = "refuse",
) -> Detections:
    """All people that OpenPose detected in `video`, from the JSON files in `folder` (see above).

    size: width and height of the video in pixels. frames: how many it has, 0 if unknown. scale: the
    `--keypoint_scale` of the files, 0 to 4; for 1 and 2, `scale_size` is the width and height of
    the network's input or of the output, in whose pixels the coordinates are. missing: `refuse` a
    video with frames that have no file, or treat these as `unlabelled`: nobody is in them.

    Raises `BadInput` for a folder without files for this video, for a file that is broken or
    contains no body, and for what cannot belong to this video or this scale.
    """
    video = Path(video)
    place, files = _find(Path(folder), subject, video)
    seen = max(files) + 1
    short = missing == "refuse" and 0 <= frames - seen <= LAST * frames
    count = seen if short else frames or seen
    if seen > count:
        fault = f"is for frame {max(files)}, but {video} has {count} frames"
        fix = "It belongs to another video or another cut of it: run OpenPose on this one"
        raise BadInput(place / files[max(files)], fault, fix)
    read = np.zeros(count, bool)
    read[list(files)] = True
    _check_whole(place, read, title(video), missing)

    people: list[list[float]] = []
    number = np.zeros(count, np.int64)
    with Progress(len(files), "files", f"read OpenPose's files of {title(video)}") as progress:
        for frame in sorted(files):
            found = _people(os.path.join(place, files[frame]))  # noqa: PTH118 (half the time)
            for values in found:
                if len(values) != len((people or found)[0]):
                    fault = "holds people of another model (BODY_25, COCO) than earlier files"
                    raise BadInput(place / files[frame], fault, _OPENPOSE_AGAIN)
            people += found
            number[frame] = len(found)
            progress.advance()

    parts = np.array(people, np.float64).reshape(-1, len(people[0]) // 3 if people else 25, 3)
    scaled = parts[:, :, :2].copy()
    parts[:, :, :2] = _to_source(scaled, np.array(size), scale, scale_size)
    owner = np.repeat(np.arange(count), number).tolist()
    _check_scale(parts, scaled, size, scale, place, [files[frame] for frame in owner])
    joints, confidence = from_openpose(parts)
    return Detections(
        joints=joints,
        confidence=confidence,
        start=np.concatenate([[0], np.cumsum(number)]),
        read=read,
        video=str(video),
        width=size[0],
        height=size[1],
        origin=str(place.absolute() / title(video)),
    )


def _find(folder: Path, subject: str | None, video: Path) -> tuple[Path, dict[int, str]]:
    """The folder with the video's JSON files, and each frame's file name."""
    if not folder.is_dir():
        raise BadInput(folder, "there is no such folder", "Give the folder of OpenPose's output")
    name = title(video)
    number = _numbering(video)
    flat = [folder / name, folder]
    own = [folder / subject / name, folder / subject] if subject else flat
    others: set[str] = set()
    for place in dict.fromkeys([*own, *flat]):
        listed = _listed(place)
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


def digests(folder: str | os.PathLike[str]) -> dict[str, str]:
    """By the stem of each video that has JSON files anywhere in `folder`, a digest of these files.

    It covers their relative paths and sizes: files copied with other dates have the same digest,
    and files that OpenPose wrote again will hardly all have the same sizes.
    """
    found: dict[str, hashlib._Hash] = {}
    for place, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(names):
            if name.endswith(SUFFIX):
                stem = _NUMBER.sub("", name[: -len(SUFFIX)])
                path = os.path.join(place, name)  # noqa: PTH118 (half the time)
                row = f"{os.path.relpath(place, folder)}/{name} {os.stat(path).st_size}\n"  # noqa: PTH116
                found.setdefault(stem, hashlib.sha256()).update(
                    row.encode(errors="surrogateescape")
                )
    return {stem: digest.hexdigest()[:16] for stem, digest in found.items()}


def _listed(place: Path) -> list[str]:
    if not place.is_dir():
        return []
    with os.scandir(place) as entries:
        names = (entry.name for entry in entries if entry.name.endswith(SUFFIX) and entry.is_file())
        return sorted(names)


def _split(name: str) -> tuple[str, int | None]:
    stem, _, digits = name.rpartition("_")
    numbered = len(digits) == 12 and digits.isascii() and digits.isdigit()
    return (stem, int(digits)) if stem and numbered else (name, None)


def _stem(name: str) -> str:
    return _split(name)[0]


def _numbering(video: Path) -> Callable[[str], int | None]:
    """From a JSON file's name without `SUFFIX` to the frame; None if it is not the video's."""
    if video.is_dir():
        name, count = videos.images(video)
        order = {f"{name}{number + 1:06d}": number for number in range(count)}
        return order.get

    def number(name: str) -> int | None:
        stem, frame = _split(name)
        return frame if stem == video.stem else None

    return number


def _check_whole(place: Path, read: np.ndarray, name: str, missing: str) -> None:
    gaps = np.flatnonzero(~read)
    if not len(gaps):
        return
    last = int(np.flatnonzero(read)[-1])
    fault = f"{len(gaps)} of the {len(read)} frames of '{name}' have no file"
    if gaps[0] > last:
        fault += f", all from frame {gaps[0]} on: OpenPose seems to have stopped half-way"
    else:
        fault += f", the first is frame {gaps[0]}"
    if missing == "refuse":
        fix = f"{_OPENPOSE_AGAIN}, or leave such frames unlabelled (openpose.missing: unlabelled)"
        raise BadInput(place, fault, fix)
    tell(f"{place}: {fault}; they are treated as unlabelled")


def _people(path: str) -> list[list[float]]:
    """The body parts of each person in a file: x, y, confidence, one part after another."""
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read())
    except OSError as error:
        raise BadInput(path, f"cannot be read ({error.strerror})", _OPENPOSE_AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is cut off or not JSON ({error})", _OPENPOSE_AGAIN) from error
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        fault = "holds no list of 'people', so OpenPose did not write it"
        raise BadInput(path, fault, _OPENPOSE_AGAIN)
    bodies = [person.get("pose_keypoints_2d") for person in people]
    for values in bodies:
        if not values:
            fault = "holds a person without a body ('pose_keypoints_2d'), perhaps hands or face"
            raise BadInput(path, fault, "Run OpenPose with --body 1")
        if not isinstance(values, list) or not {int, float}.issuperset(map(type, values)):
            raise BadInput(path, "holds a value that is not a number", _OPENPOSE_AGAIN)
        if len(values) not in [3 * parts for parts in PARTS]:
            fault = f"holds a body of {len(values)} numbers, but BODY_25 has 75 and COCO has 54"
            raise BadInput(path, fault, "Run OpenPose with --model_pose BODY_25 or COCO")
        if not all(-HUGE < value < HUGE for value in values) or min(values[2::3]) < 0:
            fault = "holds a number that is not finite, or a confidence below 0"
            raise BadInput(path, fault, _OPENPOSE_AGAIN)
    return bodies


def _to_source(
    places: np.ndarray, size: np.ndarray, scale: int, scale_size: tuple[int, int] | None
) -> np.ndarray:
    """Coordinates (..., 2) in a `--keypoint_scale` to source pixels; size (2,) is the source's.

    OpenPose's corners are the centres of the corner pixels, hence the - 1 (keypointScaler.cpp,
    resizeGetScaleFactor in openCv.cpp).
    """
    edge = size - 1
    if scale == 0:
        return places
    if scale == 3:
        return places * edge
    if scale == 4:
        return (places + 1) / 2 * edge
    if scale not in (1, 2) or scale_size is None:
        raise ValueError(f"keypoint scale {scale} with size {scale_size}")
    shrunk = ((np.array(scale_size) - 1) / edge).min()
    if scale == 2:
        return places / shrunk
    # The frame fills part of the network's input, in whole pixels (poseExtractorCaffe.cpp).
    filled = np.floor(shrunk * size + 0.5)
    return places * (edge / (filled - 1)).min()


def _check_scale(
    parts: np.ndarray,
    scaled: np.ndarray,
    size: tuple[int, int],
    scale: int,
    place: Path,
    files: list[str],
) -> None:
    """Refuse body parts (m, k, 3) in source pixels that no frame of `size` can have."""
    found = parts[:, :, 2] > 0
    if not found.any():
        return
    frame = f"the frame is {size[0]}x{size[1]}"
    if scale <= 2 and np.abs(scaled[found]).max() <= 1:
        fault = f"all joints lie between -1 and 1: this is --keypoint_scale 3 or 4, not {scale}"
        raise BadInput(place, fault, _SCALE)
    share = parts[:, :, :2] / size
    far = found & ((share < -1) | (share > 2)).any(axis=2)
    if far.any():
        person, part = np.argwhere(far)[0]
        x, y = parts[person, part, :2]
        fault = f"has a joint at ({x:.0f}, {y:.0f}) with --keypoint_scale {scale}, but {frame}"
        raise BadInput(place / files[person], fault, _SCALE)
    outside = ((share[found] < -0.01) | (share[found] > 1.01)).any(axis=1).mean()
    if outside > OUTSIDE:
        fault = f"{outside:.0%} of the joints lie outside with --keypoint_scale {scale}: {frame}"
        raise BadInput(place, fault, _SCALE)
    if scale == 4 and scaled[found].min() >= 0:
        tell(
            f"{place}: with --keypoint_scale 4, everybody is in the lower right quarter of all "
            "frames; should it be 3?"
        )

"""The JSON files that OpenPose writes for one video, read as `Detections`.

Written from OpenPose's documentation and source (doc/02_output.md, include/openpose/flags.hpp,
include/openpose/filestream/wPeopleJsonSaver.hpp, src/openpose/producer/, src/openpose/core/
keypointScaler.cpp, src/openpose/utilities/openCv.cpp); never tried on a file of the real program.

The files say neither which joints they hold, nor in which frame, nor in which unit: `body`,
`geometry` and `scale` find this out, or ask. Coordinates are used as OpenPose gives them. It adds
half a source pixel to each peak (src/openpose/net/nmsBase.cpp: 'empirically higher'), so its origin
is known only to half a pixel.
"""

import io
import json
import os
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posequery.jobs import bounds
from posequery.jobs.files import BadInput, unreadable
from posequery.jobs.progress import Progress
from posequery.skeletons import JOINTS
from posequery.sources.video import VideoInfo
from posequery.teachers.openpose import geometry, scale
from posequery.teachers.openpose.body import BODIES, body_of
from posequery.teachers.openpose.detections import Detections, require_frames
from posequery.teachers.openpose.places import find, title
from posequery.teachers.openpose.settings import OpenPose

if TYPE_CHECKING:
    from posequery.sources.kinds import Source
    from posequery.teachers import Findings, Videos

LAST = 0.2
"""Share of a video that OpenPose may leave out at its end, where OpenCV may count fewer frames. If
its clip has these frames, `require_frames` refuses."""

_NUMBERS = {name: 3 * body.parts for name, body in BODIES.items()}
_KNOWN = ", ".join(f"{name} has {count}" for name, count in _NUMBERS.items())
_OPENPOSE_AGAIN = "Run OpenPose on the video again"


def from_json(
    folder: str | os.PathLike[str],
    video: str | os.PathLike[str],
    about: VideoInfo,
    given: OpenPose,
    subject: str | None = None,
) -> Detections:
    """All people that OpenPose detected in `video`, from the JSON files in `folder` (see `places`).

    about: what the video says of itself. given: how OpenPose was run, as far as it must be known,
    and whether to refuse a video with frames that have no file, or to treat these as unlabelled:
    nobody is in them.

    Raises `BadInput` for a folder without files for this video, for a file that is broken or
    contains no body, for what cannot belong to this video or this scale, and where it stays open
    what the joints are or in which frame.
    """
    video = Path(video)
    place, files = find(Path(folder), subject, video)
    read = _frames_read(place, files, video, about.frames, given.missing)
    notes = _require_whole(place, read, title(video), given.missing)
    number = np.zeros(len(read), np.int64)
    people: list[list[float]] = []
    canvases: list[tuple[int, int] | None] = []
    names: list[str] = []
    with Progress(len(files), "files", f"read OpenPose's files of {title(video)}") as progress:
        for frame in sorted(files):
            found, canvas = _people(os.path.join(place, files[frame]))  # noqa: PTH118 (half the time)
            for values in found:
                if len(values) != len((people or found)[0]):
                    models = ", ".join(BODIES)
                    fault = f"holds people of another model ({models}) than earlier files"
                    raise BadInput(place / files[frame], fault, _OPENPOSE_AGAIN)
            people += found
            canvases += [canvas] * len(found)
            names += [files[frame]] * len(found)
            number[frame] = len(found)
            progress.advance()
    joints, confidence, more = _joints(people, canvases, names, place, video, about, given)
    return Detections(
        joints=joints,
        confidence=confidence,
        start=np.concatenate([[0], np.cumsum(number)]),
        read=read,
        video=str(video),
        width=about.width,
        height=about.height,
        origin=str(place.absolute() / title(video)),
        notes=notes + more,
    )


def inspect(given: OpenPose, source: "Source", stream: "Videos") -> "Findings":
    """How many of a stream's videos have all their JSON files, and each one's notes, as lines, and
    what is wrong.

    A folder that is missing, and a video that is broken, are reported elsewhere.
    """
    notes: list[str] = []
    faults: list[BadInput] = []
    folder = given.labels
    if folder is None or not folder.is_dir():
        return [], []
    seen = [(clip, about, frames) for clip, about, frames in stream if about]
    for clip, about, frames in seen:
        subject = clip.subject if source.subjects_share_names else None
        try:
            with redirect_stderr(io.StringIO()):  # its progress, and what is for a log
                found = from_json(folder, clip.video, about, given, subject)
            notes += found.notes
            require_frames(found, frames, clip.slug, found.origin)
        except BadInput as fault:
            faults.append(fault)
    whole = len(seen) - len(faults)
    line = f"openpose.labels: {whole} of the stream's {len(stream)} videos, {folder}"
    return [line, *(f"openpose.labels: {note}" for note in notes)], faults


def _frames_read(
    place: Path, files: dict[int, str], video: Path, frames: int, missing: str
) -> np.ndarray:
    """Which of a video's frames have a file (n,) bool. Raises `BadInput`."""
    seen = max(files) + 1
    short = missing == "refuse" and 0 <= frames - seen <= LAST * frames
    count = seen if short else frames
    if seen > count:
        fault = f"is for frame {max(files)}, but {video} has {count} frames"
        fix = "It belongs to another video or another cut of it: run OpenPose on this one"
        raise BadInput(place / files[max(files)], fault, fix)
    read = np.zeros(count, bool)
    read[list(files)] = True
    return read


def _require_whole(place: Path, read: np.ndarray, name: str, missing: str) -> list[str]:
    """Raise `BadInput` for frames without a file, or note that they are unlabelled."""
    gaps = np.flatnonzero(~read)
    if not len(gaps):
        return []
    last = int(np.flatnonzero(read)[-1])
    fault = f"{len(gaps)} of the {len(read)} frames of '{name}' have no file"
    if gaps[0] > last:
        fault += f", all from frame {gaps[0]} on: OpenPose seems to have stopped half-way"
    else:
        fault += f", the first is frame {gaps[0]}"
    if missing == "refuse":
        fix = f"{_OPENPOSE_AGAIN}, or leave such frames unlabelled (openpose.missing: unlabelled)"
        raise BadInput(place, fault, fix)
    return [f"{place}: {fault}; they are treated as unlabelled"]


def _people(path: str) -> tuple[list[list[float]], tuple[int, int] | None]:
    """The body parts of each person in a file, x, y, confidence one after another; its canvas."""
    content = _content(path)
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
        if len(values) not in _NUMBERS.values():
            fault = f"holds a body of {len(values)} numbers, but {_KNOWN}"
            raise BadInput(path, fault, f"Run OpenPose with --model_pose {' or '.join(BODIES)}")
        far = bounds.COORDINATE
        if not all(-far < value < far for value in values) or min(values[2::3]) < 0:
            fault = f"holds a number that is not finite or above {far:.0e}, or a confidence below 0"
            raise BadInput(path, fault, _OPENPOSE_AGAIN)
    return bodies, scale.canvas_of(content, path)


def _content(path: str) -> Any:
    """What a file holds as JSON; a list of one frame, as some programs write, is that frame."""
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size > bounds.TEXT_BYTES:
                fault = f"has over {bounds.TEXT_BYTES:,} bytes, which no frame's people need"
                raise BadInput(path, fault, _OPENPOSE_AGAIN)
            content = json.loads(file.read())
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is cut off or not JSON ({error})", _OPENPOSE_AGAIN) from error
    if not isinstance(content, list):
        return content
    if len(content) != 1:
        fault = f"is a list of {len(content)} entries, where OpenPose writes a file for each frame"
        raise BadInput(path, fault, 'Write each frame to a file of its own: {"people": [...]}')
    return content[0]


def _joints(
    people: list[list[float]],
    canvases: list[tuple[int, int] | None],
    names: list[str],
    place: Path,
    video: Path,
    about: VideoInfo,
    given: OpenPose,
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The student's joints (m, 18, 2) of a video's people as shown, their confidence (m, 18), and
    notes.

    canvases, names: each person's canvas, where there is one, and file.
    """
    if not people:
        none = np.empty((0, len(JOINTS), 2), np.float32)
        return none, none[..., 0], []
    parts = np.array(people, np.float64).reshape(len(people), -1, 3)
    sizes = _sizes(canvases, names, place)
    name = geometry.seen(
        video, about, given.geometry, lambda size: scale.fits(parts, size, given, sizes)
    )
    size = geometry.size_of(name, about)
    if sizes is not None:
        scale.require_canvas(sizes, size, given, place, names)
    raw = parts[:, :, :2].copy()
    parts[:, :, :2] = scale.to_pixels(raw, size, given, sizes)
    scale.require_fit(raw, parts, size, given.keypoint_scale, place, names)
    model = body_of(parts, given.stated_body, place)
    sys.stderr.write(f"{place}: people of {model}, in the frame as {name}\n")
    parts[:, :, :2] = geometry.to_shown(parts[:, :, :2], name, about)
    joints, confidence = (
        geometry.named_as_shown(values, name, about) for values in BODIES[model].read(parts)
    )
    return joints, confidence, scale.notes(raw, parts, given.keypoint_scale, place)


def _sizes(
    canvases: list[tuple[int, int] | None], names: list[str], place: Path
) -> np.ndarray | None:
    """Each person's canvas (m, 2); None if no file states one. Raises `BadInput` for a mixture."""
    if None in canvases:
        stated = [name for name, canvas in zip(names, canvases, strict=True) if canvas]
        if stated:
            fault = "states a canvas, where other files do not"
            raise BadInput(place / stated[0], fault, "Take all files from one program")
        return None
    return np.array(canvases, np.float64)

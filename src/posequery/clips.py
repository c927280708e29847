"""The clip file, the one format for frames and their labels, and streams of clips.

A clip is a sealed HDF5 file (`jobs.sealed`): its frames as packed JPEGs, `times` (n,) float64 in
seconds from its first frame, `joints` (n, 18, 2) float32 in source pixels, `confidence` (n, 18)
float32, and the fields of `ClipInfo` as attributes. A stream is an index (JSON) of clips in order;
a teacher's labels for a stream are one sealed HDF5 file.
"""

import json
import os
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import cv2
import h5py
import numpy as np

from posequery.jobs import sealed
from posequery.jobs.files import REMAKE, BadInput, read_summed, sha256, unreadable, write_summed
from posequery.skeletons import JOINTS
from posequery.timing import Timing, require_one_rate

JPEG = (
    cv2.IMWRITE_JPEG_QUALITY,
    95,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)
"""How a clip's frames are compressed. This moves an adapted student's joints by 0.5 source pixels
compared with raw frames, and changes its MPJPE (mean per joint position error) by 0.01 ± 0.02 px.
The usual half-resolution colours move them by 1.4 px and change it by 0.17 ± 0.17 px, for 22 %
fewer bytes (measured in the study mini, `benchmarks/jpeg_quality.py`)."""
OPEN_CLIPS = 256
"""Number of clip files that a stream keeps open at once."""


@dataclass(frozen=True)
class ClipInfo:
    """Who does what in front of which camera in a clip, and how to map back to source pixels."""

    slug: str
    subject: str
    action: str
    subaction: int
    camera: str
    frames: int
    fps: float
    width: int
    """Source pixels."""
    height: int
    """Source pixels."""
    size: int
    """Side of the network's square input, in pixels."""
    video: str
    """Path of the source video."""


def _info(values: Mapping[str, Any]) -> ClipInfo:
    return ClipInfo(**{f.name: cast(type, f.type)(values[f.name]) for f in fields(ClipInfo)})


def jpeg(frame: np.ndarray) -> np.ndarray:
    """The bytes (k,) uint8 that a clip stores for an RGB frame, uint8 (h, w, 3)."""
    return cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), JPEG)[1].ravel()


class ClipWriter(AbstractContextManager["ClipWriter"]):
    """Writes a clip frame by frame; memory use does not grow with the clip.

    Use it inside `files.whole`, so that a broken clip never replaces a good one.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._frames = sealed.Packing(self._path.parent)
        self._shape: tuple[int, ...] | None = None

    def append(self, frame: np.ndarray) -> None:
        """Add one RGB frame, uint8 (size, size, 3)."""
        if self._shape is None:
            self._shape = frame.shape
        if frame.shape != self._shape:
            raise ValueError(f"a frame of shape {frame.shape} in a clip of {self._shape}")
        self.append_jpeg(jpeg(frame))

    def append_jpeg(self, data: np.ndarray) -> None:
        """Add one frame as returned by `jpeg`."""
        self._frames.append(data)

    def close(
        self,
        info: ClipInfo,
        joints: np.ndarray | None,
        confidence: np.ndarray | None = None,
        times: np.ndarray | None = None,
    ) -> None:
        """Finish the clip with its labels: joints (n, 18, 2) in source pixels; None: all NaN.

        Without a `confidence`, labelled joints get 1 and the others 0. times (n,): when each frame
        is shown, in seconds from the first; None: evenly, at the clip's frame rate.
        """
        count = len(self._frames)
        if joints is None:
            joints = np.full((count, len(JOINTS), 2), np.nan, np.float32)
        if confidence is None:
            confidence = np.isfinite(joints).all(axis=2).astype(np.float32)
        if joints.shape != (count, len(JOINTS), 2) or info.frames != count:
            raise ValueError(f"{count} frames, {info.frames} declared, labels {joints.shape}")
        if times is None:
            times = np.arange(count) / info.fps
        if len(times) != count or not (np.diff(times) > 0).all() or (count and times[0] != 0):
            raise ValueError(f"times of {count} frames that do not rise from 0")
        if self._shape not in (None, (info.size, info.size, 3)):
            raise ValueError(f"frames of shape {self._shape}, a side of {info.size} declared")
        with sealed.create(self._path) as file:
            self._frames.store(file)
            file["joints"] = joints.astype(np.float32)
            file["confidence"] = confidence.astype(np.float32)
            file["times"] = np.asarray(times, np.float64)
            for key, value in asdict(info).items():
                file.attrs[key] = value

    def __exit__(self, *_: object) -> None:
        self._frames.close()


def _labels(file: h5py.File, count: int) -> tuple[np.ndarray, np.ndarray]:
    joints = file["joints"][:].astype(np.float32, copy=False)
    confidence = file["confidence"][:].astype(np.float32, copy=False)
    if joints.shape != (count, len(JOINTS), 2) or confidence.shape != joints.shape[:2]:
        shapes = f"{joints.shape} and {confidence.shape}"
        raise ValueError(f"labels have shapes {shapes} for {count} frames")
    return joints, confidence


class Clip:
    """A clip file with random access. Raises `BadInput` for a missing or broken file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        with sealed.opened(path, "clip file", REMAKE) as file:
            self.info = info = _info(file.attrs)
            if not all(value > 0 for value in (info.fps, info.width, info.height, info.size)):
                raise ValueError("a frame rate or a size is not positive")
            self.joints, self.confidence = _labels(file, info.frames)
            self.times = file["times"][:].astype(np.float64, copy=False)
            if self.times.shape != (info.frames,) or not (np.diff(self.times) > 0).all():
                raise ValueError(f"{self.times.shape} times, or times that do not rise")
            self._frames = sealed.Packed(file, "frame", REMAKE)
        if len(self._frames) != info.frames:
            self.close()
            fault = f"{info.frames} frames declared, {len(self._frames)} stored"
            raise BadInput(path, f"not a valid clip file ({fault})", REMAKE)

    def frames(self, indices: np.ndarray) -> np.ndarray:
        """RGB frames (k, size, size, 3) uint8 at `indices` (k,), in any order."""
        size = self.info.size
        frames = np.empty((len(indices), size, size, 3), np.uint8)
        for place, index in enumerate(indices):
            data = self._frames[int(index)]
            decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
            if decoded is None or decoded.shape != (size, size, 3):
                raise BadInput(self.path, f"frame {index} is broken", REMAKE)
            cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB, dst=frames[place])
        return frames

    def jpeg(self, index: int) -> np.ndarray:
        """The bytes (k,) uint8 of a frame as they are stored."""
        return self._frames[index]

    def verify(self) -> None:
        """Raise `BadInput` if a frame is not as it was written."""
        for index in range(len(self._frames)):
            _ = self._frames[index]

    def close(self) -> None:
        self._frames.close()


def write_index(
    path: str | os.PathLike[str],
    clips: list[Path],
    first_frames: str | None = None,
    any_rate: bool = False,
) -> None:
    """Write the index of the stream that plays `clips` in the given order.

    first_frames: a stretch ('1500 frames', '30 s') after which the stream ends; None: play all.
    The index holds each clip's `ClipInfo`, the SHA-256 of its file, so that whatever is tied to an
    index by the index's own SHA-256 is tied to the clips' content, and that of its seal, by which a
    clip is known again whenever it is opened. Each clip is read once and verified. All clips must
    bear their slugs as file names and have the same network input size and, unless `any_rate`, one
    frame rate (`require_one_rate`).
    Raises `BadInput` otherwise.
    """
    rows: list[dict[str, Any]] = []
    shown = []
    for clip_path in clips:
        clip = Clip(clip_path)
        clip.verify()
        clip.close()
        if clip.info.slug != Path(clip_path).stem:
            fault = f"is the clip {clip.info.slug}, under another's name"
            raise BadInput(clip_path, fault, REMAKE)
        held = {
            "file": os.path.relpath(clip_path, Path(path).parent),
            "sha256": sha256(clip_path),
            "seal": sealed.digest(clip_path),
            "held": clip.info.frames,
        }
        rows.append(held | asdict(clip.info))
        shown.append((clip.times, clip.info.fps))
    sizes = sorted({row["size"] for row in rows})
    if len(sizes) > 1:
        raise BadInput(path, f"its clips differ in size: {sizes}", "Extract them at one size")
    if not any_rate:
        require_one_rate({row["video"]: row["fps"] for row in rows})
    left = None if first_frames is None else Timing.joined(shown).after(0, first_frames)
    played = []
    for row in rows:
        count = row["held"] if left is None else min(row["held"], left)
        left = None if left is None else left - count
        played += [row | {"frames": count}] if count else []
    write_summed(path, json.dumps({"clips": played}, indent=1) + "\n")


class Stream:
    """Clips played one after another; a frame is identified by its number in the stream.

    Attributes: `clips`, a list of `ClipInfo` whose `frames` count the frames played, from the
    clip's first on; `starts` (clips,) int64, the number of each clip's first frame in the stream;
    `fps`, the frames per second of the first clip.
    """

    def __init__(self, index: str | os.PathLike[str]) -> None:
        self.path = Path(index)
        try:
            rows = json.loads(read_summed(index, REMAKE))["clips"]
            self._files = [self.path.parent / row["file"] for row in rows]
            self.clips = [_info(row) for row in rows]
            self._seals = [row["seal"] for row in rows]
        except OSError as error:
            raise unreadable(index, error) from error
        except sealed.MALFORMED as error:
            raise BadInput(index, f"not an index of clips ({error})", REMAKE) from error
        if not self.clips:
            raise BadInput(index, "lists no clip", "Check the study's source: it gave no clip")
        counts = [clip.frames for clip in self.clips]
        self.starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        self._count = sum(counts)
        self.fps = self.clips[0].fps
        self.size = self.clips[0].size
        self._open: OrderedDict[int, Clip] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def locate(self, index: int) -> tuple[int, int]:
        """The clip's number, and the frame within that clip, of frame `index` of the stream."""
        if not 0 <= index < self._count:
            raise IndexError(f"frame {index} of a stream of {self._count}")
        clip = int(np.searchsorted(self.starts, index, side="right")) - 1
        return clip, int(index - self.starts[clip])

    def clip_numbers(self, indices: np.ndarray) -> np.ndarray:
        """The clip's number (k,) for each frame of `indices` (k,)."""
        return np.searchsorted(self.starts, indices, side="right") - 1

    def clip(self, number: int) -> Clip:
        """A clip by its number, which the stream keeps open."""
        if number in self._open:
            self._open.move_to_end(number)
            return self._open[number]
        clip = Clip(self._files[number])
        if sealed.digest(clip.path) != self._seals[number]:
            clip.close()
            raise BadInput(clip.path, f"is not the clip that {self.path} lists", REMAKE)
        self._open[number] = clip
        if len(self._open) > OPEN_CLIPS:
            self._open.popitem(last=False)[1].close()
        return clip

    def _gather(self, indices: np.ndarray, name: str) -> np.ndarray:
        indices = np.asarray(indices, np.int64)
        if len(indices) and not (0 <= indices.min() and indices.max() < self._count):
            raise IndexError(f"frames {indices.min()} to {indices.max()} of {self._count}")
        shape: tuple[int, ...] = {
            "frames": (self.size, self.size, 3),
            "joints": (len(JOINTS), 2),
        }[name]
        out = np.empty((len(indices), *shape), np.uint8 if name == "frames" else np.float32)
        numbers = self.clip_numbers(indices)
        for number in np.unique(numbers):
            here = numbers == number
            inside = indices[here] - self.starts[number]
            clip = self.clip(int(number))
            out[here] = clip.frames(inside) if name == "frames" else clip.joints[inside]
        return out

    def frames(self, indices: np.ndarray) -> np.ndarray:
        """RGB frames (k, size, size, 3) uint8 at `indices` (k,) of the stream, in any order."""
        return self._gather(indices, "frames")

    def joints(self, indices: np.ndarray) -> np.ndarray:
        """The clips' own labels (k, 18, 2) float32 in source pixels, NaN where there are none."""
        return self._gather(indices, "joints")

    def require_clips(self) -> None:
        """Open each clip once, before long work on them; raises `BadInput` as `Clip` does."""
        for number in range(len(self.clips)):
            self.clip(number)

    @cached_property
    def timing(self) -> Timing:
        """When each frame is shown."""
        return Timing.joined(map(self._played, range(len(self.clips))))

    def clip_timing(self, number: int) -> Timing:
        """When the frames that are played of a clip are shown."""
        return Timing.joined([self._played(number)])

    def _played(self, number: int) -> tuple[np.ndarray, float]:
        """Of a clip, the times of the frames that are played, and its mean rate."""
        info = self.clips[number]
        return self.clip(number).times[: info.frames], info.fps

    def source_size(self, indices: np.ndarray) -> np.ndarray:
        """Width and height (k, 2) in source pixels of the frames at `indices` (k,)."""
        sizes = np.array([(clip.width, clip.height) for clip in self.clips])
        return sizes[self.clip_numbers(np.asarray(indices))]


def write_labels(
    path: str | os.PathLike[str],
    joints: np.ndarray,
    confidence: np.ndarray,
    index: str | os.PathLike[str],
) -> None:
    """Write a teacher's labels (n, 18, 2) and confidence (n, 18) for the stream of `index`."""
    if joints.shape != (len(joints), len(JOINTS), 2) or confidence.shape != joints.shape[:2]:
        raise ValueError(f"labels have shapes {joints.shape} and {confidence.shape}")
    with sealed.created(path) as file:
        file["joints"] = joints.astype(np.float32)
        file["confidence"] = confidence.astype(np.float32)
        file.attrs["index_sha256"] = sha256(index)


def read_labels(
    path: str | os.PathLike[str], index: str | os.PathLike[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Labels (n, 18, 2) and confidence (n, 18) for the stream of `index`.

    Raises `BadInput` if the file is broken or was made for another stream.
    """
    count = len(Stream(index))
    with sealed.opened(path, "labels file", REMAKE) as file:
        if file.attrs["index_sha256"] != sha256(index):
            fault = f"holds labels for a stream other than {index}"
            raise BadInput(path, fault, REMAKE)
        return _labels(file, count)

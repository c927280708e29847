"""Human3.6M as mmpose's `preprocess_h36m.py` rewrites it: numbered JPEGs, and one NPZ of poses.

`images/S1/S1_Directions_1.54138969/S1_Directions_1.54138969_000001.jpg` is frame 0 of a video;
`annotation_body3d/fps50/h36m_{train,test}.npz` holds, a row per image, `imgname` (its path below
`images`, as text) and `part` (17 joints of x, y and a visibility of 1, float64). Joints and pixels
are those of the D2_Positions files. (mmpose's test file `h36m_coco.json` is another thing: its left
and right legs are swapped.)
"""

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from posequery.jobs.bounds import COORDINATE, NAME_BYTES
from posequery.jobs.files import BadInput, unreadable
from posequery.skeletons import HUMAN36M_JOINTS, from_human36m
from posequery.sources.human36m.names import TEST_SUBJECTS

JOINTS = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""Human3.6M's joint (of 32) for each of the 17 that mmpose keeps."""
"""Frames a second of its images, which do not state it: that of Human3.6M's cameras."""

_BLOCK = 1 << 16
"""Rows of names that are held at a time: 14 MB of the 330."""
_PREPARE_AGAIN = "Copy it again, or run preprocess_h36m.py again"
_OTHER = "Take an h36m_train.npz or h36m_test.npz that preprocess_h36m.py wrote"
_EVERY_FRAME = (
    "Run preprocess_h36m.py with --sample-rate 1, and take its annotation_body3d/fps50 and images"
)
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,  # encrypted, or packed in a way of its own
    ValueError,
)
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def _name(subject: str, stem: str, camera: str) -> str:
    return f"{subject}_{stem.replace(' ', '_')}.{camera}"


def video_path(root: str | os.PathLike[str], subject: str, stem: str, camera: str) -> Path:
    """The folder of a sequence's images before one camera."""
    return Path(root, "images", subject, _name(subject, stem, camera))


def annotation_path(root: str | os.PathLike[str], subject: str, stem: str, camera: str) -> Path:  # noqa: ARG001
    """The NPZ with the poses of all frames of a subject, whatever the sequence and camera."""
    split = "test" if subject in TEST_SUBJECTS else "train"
    return Path(root, "annotation_body3d", "fps50", f"h36m_{split}.npz")


def annotation(path: str | os.PathLike[str], subject: str, stem: str, camera: str) -> np.ndarray:
    """The 2-D positions of a sequence before one camera, (n, 18, 2) float32 in source pixels.

    Of the NPZ no more than a block is held at a time. Raises `BadInput` for a file that is missing
    or broken, for arrays of other shapes, and for a sequence that is not there, not complete from
    its first frame on, or has a value that is not finite or out of all bounds. Nothing in the file
    names the joints: preprocess_h36m.py writes 17, always in one order.
    """
    if not Path(path).is_file():
        raise BadInput(path, "there is no such annotation", _EVERY_FRAME)
    name = _name(subject, stem, camera)
    with _readable(path), zipfile.ZipFile(path) as archive:
        with archive.open("imgname.npy") as member:
            images, row, text = _header(path, "imgname", member)
            if row or text.kind != "U" or text.itemsize > NAME_BYTES:
                raise BadInput(path, f"a row of 'imgname' is {row} of {text}, not a text", _OTHER)
            rows, numbers = _find(member, images, text, f"{subject}/{name}/{name}_")
        _require_every_frame(path, name, rows, numbers)
        with archive.open("part.npy") as member:
            poses, row, number = _header(path, "part", member)
            if row != (len(JOINTS), 3) or number.kind != "f":
                fault = f"a row of 'part' is {row} of {number}, not 17 joints of x, y, visibility"
                raise BadInput(path, fault, _OTHER)
            if images != poses:
                # mmpose stops a video's images where it breaks off, but keeps all its poses.
                raise BadInput(
                    path,
                    f"has {images} images but {poses} poses, so that from some video on they "
                    "belong to other images (S11 Directions.54138969 is shipped broken)",
                    "Take the official layout: preprocess_h36m.py unpacked it to 'extracted'",
                )
            size = number.itemsize * len(JOINTS) * 3
            _skip(member, int(rows[0]) * size)
            content = _read(member, len(rows) * size)
            _skip(member, None)  # at its end the archive's checksum is compared
    part = np.frombuffer(content, number).reshape(-1, len(JOINTS), 3)[:, :, :2]
    broken = np.argwhere(~(np.abs(part) <= COORDINATE))
    if len(broken):
        frame, joint, _ = broken[0]
        many = f"{len(broken)} values that are not finite, or beyond {COORDINATE:,.0f} pixels"
        fault = f"{name} has {many}, the first at frame {frame}"
        raise BadInput(path, f"{fault}, joint {JOINTS[joint]}", _PREPARE_AGAIN)
    pose = np.full((len(part), HUMAN36M_JOINTS, 2), np.nan)
    pose[:, list(JOINTS)] = part
    return from_human36m(pose)


@contextmanager
def _readable(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise unreadable(path, error) from error
    except KeyError as error:
        raise BadInput(path, f"is not what mmpose writes ({error.args[0]})", _OTHER) from error
    except _UNREADABLE as error:
        fault = f"is truncated or not an NPZ file ({error})"
        raise BadInput(path, fault, _PREPARE_AGAIN) from error


def _header(
    path: str | os.PathLike[str], name: str, member: IO[bytes]
) -> tuple[int, tuple[int, ...], np.dtype]:
    """Number of rows, shape of a row, and type of the array that `member` begins with."""
    try:
        shape, fortran, kind = _HEADERS[npy.read_magic(member)](member)
    except Exception as error:  # NumPy reads it as Python: as many ways to fail as broken bytes
        fault = f"'{name}' is truncated or not an array ({type(error).__name__}: {error})"
        raise BadInput(path, fault, _PREPARE_AGAIN) from error
    if kind.hasobject or fortran or not shape:
        fault = f"'{name}' is {kind} of shape {shape}: pickled, turned or no array"
        raise BadInput(path, fault, _OTHER)
    return shape[0], shape[1:], kind


def _skip(member: IO[bytes], size: int | None) -> None:
    """Read over `size` bytes, or to the end."""
    while size is None or size:
        block = member.read(_BLOCK * 16 if size is None else min(size, _BLOCK * 16))
        if not block and size:
            raise EOFError("an array ends before its last row")
        if not block:
            return
        size = None if size is None else size - len(block)


def _read(member: IO[bytes], size: int) -> bytes:
    content = member.read(size)
    if len(content) < size:
        raise EOFError("an array ends before its last row")
    return content


def _find(
    member: IO[bytes], count: int, kind: np.dtype, prefix: str
) -> tuple[np.ndarray, list[str]]:
    """The rows, of `count` names, that begin with `prefix`, and what follows it in each."""
    rows: list[np.ndarray] = []
    rests: list[str] = []
    for start in range(0, count, _BLOCK):
        length = min(_BLOCK, count - start)
        names = np.frombuffer(_read(member, length * kind.itemsize), kind)
        found = np.flatnonzero(np.char.startswith(names, prefix))
        rows.append(found + start)
        rests += [name[len(prefix) :] for name in names[found].tolist()]
    return np.concatenate(rows) if rows else np.empty(0, np.int64), rests


def _require_every_frame(
    path: str | os.PathLike[str], name: str, rows: np.ndarray, numbers: list[str]
) -> None:
    if not numbers:
        raise BadInput(path, f"has no image of {name}", _OTHER)
    for place, number in enumerate(numbers):
        if number != f"{place + 1:06d}.jpg" or rows[place] != rows[0] + place:
            fault = f"image {place + 1} of {name} is {number} in row {rows[place]}: not every frame"
            raise BadInput(path, f"{fault} is there, in order", _EVERY_FRAME)

"""COCO's keypoint annotations and images as one training set file.

The file is HDF5: `images` (n,) of unchanged JPEG bytes; `people` (m, 18, 2) float32 in image
pixels, NaN where unlabelled, with image i's at `people_start[i]:people_start[i + 1]`; and
`masked_boxes` (k, 4) float32 of x, y, w, h around people without labelled joints, with image i's at
`masked_start[i]:masked_start[i + 1]`.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import cv2
import h5py
import numpy as np

from posequery.jobs.files import BadInput, whole
from posequery.jobs.progress import Progress
from posequery.skeletons import COCO_JOINTS, JOINTS, from_coco

_END_OF_JPEG = b"\xff\xd9"
SAMPLE = 200
"""Number of images that `inspect` opens."""
_PARTS = ("images", "annotations", "categories")
_TAIL = 1024  # bytes: some cameras pad after the end marker
_COPY_AGAIN = "Unpack or download it again"
_ROW = TypeVar("_ROW")


@dataclass(frozen=True)
class _Image:
    number: int
    name: str
    width: int
    height: int


@dataclass(frozen=True)
class _Person:
    image: int
    box: np.ndarray
    keypoints: np.ndarray


def prepare(
    annotations: str | os.PathLike[str],
    images: str | os.PathLike[str],
    output: str | os.PathLike[str],
) -> int:
    """Write the training set from a `person_keypoints_*.json` and its folder of JPEGs.

    A sample is an image with at least one person who is not in a crowd, in the order of the
    annotation file; crowds are dropped (trt_pose, coco.py). Returns the number of samples. Raises
    `BadInput` for a broken annotation file, and for an image that is missing, broken, or not of
    the annotated size.
    """
    listed, people = _read(annotations)
    samples = [image for image in listed if people.get(image.number)]
    if not samples:
        raise BadInput(annotations, "annotates no person", "Use a person_keypoints_*.json")
    joints, boxes, joints_start, boxes_start = [], [], [0], [0]
    with whole(output) as temporary, h5py.File(temporary, "w") as file:
        data = file.create_dataset("images", (len(samples),), h5py.vlen_dtype(np.uint8))
        with Progress(len(samples), "images", "prepare") as progress:
            for row, image in enumerate(samples):
                data[row] = _jpeg(Path(images, image.name), image, annotations)
                here = people[image.number]
                poses, visibility = from_coco(np.stack([person.keypoints for person in here]))
                labelled = visibility.any(axis=1)
                joints.append(poses[labelled])
                boxes.append(np.stack([person.box for person in here])[~labelled])
                joints_start.append(joints_start[-1] + len(joints[-1]))
                boxes_start.append(boxes_start[-1] + len(boxes[-1]))
                progress.advance()
        file["people"] = np.concatenate(joints)
        file["people_start"] = np.array(joints_start, np.int64)
        file["masked_boxes"] = np.concatenate(boxes)
        file["masked_start"] = np.array(boxes_start, np.int64)
        file.attrs["joints"] = list(JOINTS)
    return len(samples)


class Inspection(NamedTuple):
    """The samples that `prepare` would write, their size in bytes, and what would stop it."""

    samples: int
    bytes: int
    faults: list[BadInput]


def inspect(annotations: str | os.PathLike[str], images: str | os.PathLike[str]) -> Inspection:
    """Check which parts of a dataset exist, within seconds even for all of COCO.

    Every image must exist, but only `SAMPLE` of them, evenly spread, are opened; the total size is
    estimated from these.
    """
    try:
        listed, people = _read(annotations)
    except BadInput as fault:
        return Inspection(0, 0, [fault])
    samples = [image for image in listed if people.get(image.number)]
    existing = {entry.name for entry in os.scandir(images)}
    faults = []
    if missing := [image.name for image in samples if image.name not in existing]:
        many = f"{len(missing)} of the {len(samples)} images with people are missing"
        fix = "Unpack the images that belong to the annotations"
        faults.append(BadInput(Path(images, missing[0]), f"{many}, this is the first", fix))
    opened = []
    for image in samples[:: max(1, len(samples) // SAMPLE)]:
        if image.name in existing:
            try:
                opened.append(len(_jpeg(Path(images, image.name), image, annotations)))
            except BadInput as fault:
                faults.append(fault)
    size = len(samples) * sum(opened) // len(opened) if opened else 0
    return Inspection(len(samples), size, faults)


def _read(path: str | os.PathLike[str]) -> tuple[list[_Image], dict[int, list[_Person]]]:
    def slim(row: dict[str, Any]) -> object:
        # Entries shrink during parsing: COCO's segmentations alone would take a gigabyte.
        if "image_id" in row and "keypoints" in row:
            return None if row.get("iscrowd") else _build(path, row, _person)
        return row

    if not Path(path).is_file():
        raise BadInput(path, "there is no such annotation file", "Check the path")
    try:
        with open(path, encoding="utf-8") as handle:
            content = json.load(handle, object_hook=slim)
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is cut off or not JSON ({error})", _COPY_AGAIN) from error
    if not isinstance(content, dict) or not set(_PARTS) <= set(content):
        fault = f"does not have all of {', '.join(_PARTS)}"
        raise BadInput(path, fault, "Use a person_keypoints_*.json of COCO")
    for name in _PARTS:
        if not isinstance(content[name], list):
            raise BadInput(path, f"its {name!r} is not a list", _COPY_AGAIN)
    images = [_build(path, row, _image) for row in content["images"]]
    people: dict[int, list[_Person]] = defaultdict(list)
    for person in filter(None, content["annotations"]):
        if not isinstance(person, _Person):
            fault = "has annotations without 'keypoints' (instances or captions?)"
            raise BadInput(path, fault, "Use a person_keypoints_*.json of COCO")
        people[person.image].append(person)
    known = {image.number: image for image in images}
    if len(known) < len(images):
        raise BadInput(path, "lists an image's id twice", _COPY_AGAIN)
    unknown = people.keys() - known.keys()
    if unknown:
        fault = f"annotates image {min(unknown)}, which it does not list"
        raise BadInput(path, fault, _COPY_AGAIN)
    for number, several in people.items():
        for person in several:
            if _outside(person, known[number]):
                fault = f"has a keypoint outside image {number}, {known[number].name}"
                raise BadInput(path, fault, "Use the annotations that belong to the images")
    return images, people


def _outside(person: _Person, image: _Image) -> bool:
    """Whether a labelled keypoint is outside the image by more than rounding at the border."""
    x, y, visibility = person.keypoints.T
    off = (x < -1) | (x > image.width + 1) | (y < -1) | (y > image.height + 1)
    return bool((off & (visibility > 0)).any())


def _build(
    path: str | os.PathLike[str],
    row: dict[str, Any],
    build: Callable[[dict[str, Any]], _ROW],
) -> _ROW:
    try:
        return build(row)
    except (KeyError, TypeError, ValueError) as error:
        number = row.get("id") if isinstance(row, dict) else row
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise BadInput(path, f"entry {number} is malformed: {reason}", _COPY_AGAIN) from error


def _image(row: dict[str, Any]) -> _Image:
    if not isinstance(row["file_name"], str):
        raise ValueError("the file name is not text")
    sizes = _number(row["width"]), _number(row["height"])
    return _Image(_number(row["id"]), row["file_name"], *sizes)


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"an id or a size is not a whole number: {value!r}")
    return value


def _person(row: dict[str, Any]) -> _Person:
    # Only COCO's evaluator reads these, after training; it is better to report them before.
    for key in ("id", "area", "num_keypoints", "iscrowd"):
        if not isinstance(row[key], int | float):
            raise ValueError(f"its {key} is not a number")
    values = np.asarray(row["keypoints"], np.float32)
    if values.shape != (3 * COCO_JOINTS,):
        raise ValueError(f"{values.size} keypoint values, not {3 * COCO_JOINTS}")
    box = np.asarray(row["bbox"], np.float32)
    if box.shape != (4,) or not np.isfinite(box).all() or not np.isfinite(values).all():
        raise ValueError("the box does not have 4 values, or a value is not finite")
    keypoints = values.reshape(COCO_JOINTS, 3)
    if not np.isin(keypoints[:, 2], (0, 1, 2)).all():
        raise ValueError("a visibility is not 0, 1 or 2")
    return _Person(_number(row["image_id"]), box, keypoints)


def _jpeg(path: Path, image: _Image, annotations: str | os.PathLike[str]) -> np.ndarray:
    if not path.is_file():
        fault = f"is missing, but {annotations} lists it"
        raise BadInput(path, fault, "Unpack the images that belong to the annotations")
    data = np.fromfile(path, np.uint8)
    # Annotations refer to the pixels as stored, whatever orientation the camera recorded.
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(data, flags) if len(data) else None
    # A truncated JPEG decodes too, with the missing part grey.
    if pixels is None or _END_OF_JPEG not in data[-_TAIL:].tobytes():
        raise BadInput(path, "is truncated or not a JPEG", _COPY_AGAIN)
    height, width = pixels.shape[:2]
    if (width, height) != (image.width, image.height):
        declared = f"{image.width} x {image.height}"
        fault = f"is {width} x {height} pixels, but {annotations} says {declared}"
        raise BadInput(path, fault, "Use the images that belong to the annotations")
    return data

"""COCO's keypoint annotations and images as one training set, or to measure a network on."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from posequery import training_sets
from posequery.jobs.bounds import IMAGE_PIXELS
from posequery.jobs.files import BadInput, unreadable
from posequery.jobs.progress import Progress
from posequery.jobs.terminal import tell
from posequery.skeletons import from_coco
from posequery.sources import jpeg
from posequery.sources.coco_annotations import Annotations, Image, read

SAMPLE = 200
"""Images that `inspect` opens at most."""
_BELONGING = "Unpack the images that belong to the annotations, or correct these"
_SAVE_AGAIN = (
    "Unpack or download it again; one of your own: save it again as a JPEG, or leave it out of the "
    "annotations"
)


class _Opened(NamedTuple):
    data: bytes
    pixels: np.ndarray
    """BGR, as stored."""
    turned: bool
    """Whether EXIF says to show it turned or mirrored."""
    damage: str
    """What the decoder complains of; mostly nothing."""


class _Seen:
    """What is to be said of a dataset's images."""

    def __init__(self) -> None:
        self._count = 0
        self._turned: list[str] = []
        self._damaged: list[str] = []

    def add(self, name: str, opened: _Opened) -> None:
        self._count += 1
        self._turned += [name] * opened.turned
        self._damaged += [f"{name}: {opened.damage}"] * bool(opened.damage)

    def notes(self) -> list[str]:
        """A line for each thing that some images have, with their number and the first."""
        told = {
            "are to be shown turned or mirrored, says their EXIF; joints are taken to be marked on "
            "the pixels as stored, which is COCO's rule": self._turned,
            "are damaged, says their decoder; they are used as it fills them": self._damaged,
        }
        return [
            f"{len(names)} of {self._count} images {what} (first {names[0]})"
            for what, names in told.items()
            if names
        ]


def prepare(
    annotations: str | os.PathLike[str],
    images: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    evaluated: bool = False,
) -> int:
    """Write the training set from a `person_keypoints_*.json` and its folder of JPEGs.

    A sample is an image with at least one person who is not in a crowd, in the order of the
    annotation file; crowds are dropped (trt_pose, coco.py). evaluated: average precision will be
    measured on these files, which looks at the images without people as well. Returns the number
    of samples. Raises `BadInput` for an annotation file that `coco_annotations.read` refuses, and
    for an image that is missing, broken, or not of the annotated size.
    """
    found, seen = read(annotations), _Seen()
    samples = _samples(found, _wanted(found, evaluated), Path(images), annotations, seen)
    count = training_sets.write(output, samples, found.labelled)
    for note in found.notes + seen.notes():
        tell(f"{annotations}: {note}")
    return count


def _samples(
    found: Annotations,
    wanted: Sequence[Image],
    folder: Path,
    annotations: str | os.PathLike[str],
    seen: _Seen,
) -> Iterator[training_sets.Image]:
    """The images with people; those without are opened as well, since they may be wanted later."""
    people = found.by_image()
    with Progress(len(wanted), "images", "prepare") as progress:
        for image in wanted:
            opened = _opened(folder / image.name, image, annotations)
            seen.add(image.name, opened)
            progress.advance()
            if image.number in people:
                here = people[image.number]
                poses, visibility = from_coco(np.stack([person.keypoints for person in here]))
                labelled = visibility.any(axis=1)
                boxes = np.stack([person.box for person in here])[~labelled]
                jpeg = np.frombuffer(opened.data, np.uint8)
                yield training_sets.Image(jpeg, poses[labelled], boxes)


class Inspection(NamedTuple):
    """The samples that `prepare` would write, their size in bytes, and what would stop it.

    notes: what is used otherwise than it may be meant, or not at all.
    """

    samples: int
    bytes: int
    faults: list[BadInput]
    notes: list[str]


def inspect(
    annotations: str | os.PathLike[str],
    images: str | os.PathLike[str],
    *,
    evaluated: bool = False,
) -> Inspection:
    """Check a dataset as `prepare` would, but within seconds even for all of COCO.

    Every image must exist, but at most `SAMPLE` of them, evenly spread, are opened; the total size
    is estimated from these.
    """
    try:
        found = read(annotations)
        existing = _existing(Path(images), found.images)
    except BadInput as fault:
        return Inspection(0, 0, [fault], [])
    people, faults = found.by_image(), []
    wanted = _wanted(found, evaluated)
    if missing := [image.name for image in wanted if image.name not in existing]:
        which = "images" if evaluated else "images with people"
        many = f"{len(missing)} of the {len(wanted)} {which} are missing, this is the first"
        faults.append(BadInput(Path(images, missing[0]), many, _BELONGING))
    sizes, seen = [], _Seen()
    for image in wanted[:: max(1, math.ceil(len(wanted) / SAMPLE))]:
        if image.name in existing:
            try:
                opened = _opened(Path(images, image.name), image, annotations)
                sizes.append(len(opened.data))
                seen.add(image.name, opened)
            except BadInput as fault:
                faults.append(fault)
    size = len(people) * sum(sizes) // len(sizes) if sizes else 0
    return Inspection(len(people), size, faults, found.notes + seen.notes())


def evaluation(
    annotations: str | os.PathLike[str], images: str | os.PathLike[str]
) -> tuple[dict[str, Any], Iterator[tuple[int, np.ndarray]]]:
    """What average precision is measured with: COCO's dictionary, and each image by its id, RGB.

    The dictionary is what COCO's evaluator reads, with the joints in COCO's order, their numbers
    counted, and annotations numbered from 1 (it takes one with the number 0 for not found).
    """
    found = read(annotations)
    truth = {
        "images": [{"id": image.number} for image in found.images],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": number,
                "image_id": person.image,
                "category_id": 1,
                "iscrowd": int(person.crowd),
                "area": person.area,
                "bbox": person.box.tolist(),
                "keypoints": person.keypoints.ravel().tolist(),
                "num_keypoints": int((person.keypoints[:, 2] > 0).sum()),
            }
            for number, person in enumerate(found.people, start=1)
        ],
    }
    return truth, (
        (image.number, cv2.cvtColor(opened.pixels, cv2.COLOR_BGR2RGB))
        for image in found.images
        for opened in (_opened(Path(images, image.name), image, annotations),)
    )


def _wanted(found: Annotations, evaluated: bool) -> list[Image]:
    people = found.by_image()
    return [image for image in found.images if evaluated or image.number in people]


def _existing(folder: Path, images: Sequence[Image]) -> set[str]:
    """The files that lie where images are expected: each folder is listed once."""
    existing = set()
    for part in dict.fromkeys(os.path.dirname(image.name) for image in images):  # noqa: PTH120
        try:
            existing |= {os.path.join(part, entry.name) for entry in os.scandir(folder / part)}  # noqa: PTH118
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unreadable(folder / part, error) from error
    return existing


def _opened(path: Path, image: Image, annotations: str | os.PathLike[str]) -> _Opened:
    try:
        if not path.is_file():
            raise BadInput(path, f"is missing, but {annotations} lists it", _BELONGING)
        if path.stat().st_size > 3 * IMAGE_PIXELS:
            raise BadInput(path, "has more bytes than any photo", _SAVE_AGAIN)
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    header = jpeg.header(data)
    if header is None or not header.complete:
        raise BadInput(path, "is truncated or not a JPEG", _SAVE_AGAIN)
    size, declared = header[:2], (image.width, image.height)
    if size != declared:
        says = f"{annotations} says {image.width} x {image.height}"
        fault = f"is {header.width} x {header.height} pixels, but {says}"
        if size == declared[::-1] and header.orientation > 4:
            fix = "It was annotated as EXIF shows it: turn its pixels (mogrify -auto-orient)"
            raise BadInput(path, fault, fix)
        raise BadInput(path, fault, _BELONGING)
    pixels, damage = jpeg.decoded(data)
    if pixels is None or pixels.shape[1::-1] != declared:
        raise BadInput(path, "is truncated or not a JPEG", _SAVE_AGAIN)
    return _Opened(data, pixels, header.orientation != 1, damage)

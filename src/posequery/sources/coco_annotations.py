"""A file of keypoint annotations in COCO's format, read and checked as a whole.

Whatever is done with such a file, preparing it, checking it before a run, or measuring average
precision with it, is done with what `read` returns: it holds the one list of what is refused.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from posequery.jobs.bounds import ANNOTATION_BYTES, COORDINATE, IMAGE_PIXELS, INTEGER
from posequery.jobs.files import BadInput, unreadable
from posequery.skeletons import COCO_JOINTS, JOINTS, LEFT_SHOULDER, RIGHT_SHOULDER, joint_called

_PARTS = ("images", "annotations", "categories")
_CORRECT = "Correct it if it is your own, or else unpack or download it again"
_OF_PEOPLE = "Use keypoint annotations of people, such as COCO's person_keypoints_*.json"
_BELONGING = "Use the annotations that belong to the images"
_NAMES = "Write the joints' names, in the order of the keypoints, under categories[].keypoints"
_SHOWN = 5
"""Names that a note lists before it only counts."""
_ROW = TypeVar("_ROW")


@dataclass(frozen=True)
class Image:
    """An image's id, its path below the folder of images, and its size in pixels."""

    number: int
    name: str
    width: int
    height: int


class Person(NamedTuple):
    """An annotation of a person, or, where `crowd`, of several.

    area: of the outline, square pixels. box: (4,) float32 of x, y, w, h. keypoints: (17, 3)
    float32 of x, y and visibility in COCO's order; 0 for joints that the file does not name.
    """

    image: int
    crowd: bool
    area: float
    box: np.ndarray
    keypoints: np.ndarray


class _Row(NamedTuple):
    """An annotation as it stands in the file."""

    number: int
    image: int
    category: int
    crowd: bool
    area: float
    box: np.ndarray
    values: np.ndarray


class _Unmarked(NamedTuple):
    """An annotation without keypoints, such as a caption or an animal's box."""

    category: object


@dataclass(frozen=True)
class Annotations:
    """What a file annotates: all its images and people, in the file's order.

    labelled: the joints that some person of the file is labelled with, in the student's order; of
    the others nothing is known, neither where they are nor that they are hidden. notes: what of the
    file is not used.
    """

    images: list[Image]
    people: list[Person]
    labelled: tuple[str, ...]
    notes: list[str]

    def by_image(self) -> dict[int, list[Person]]:
        """The people of each image that has any, without crowds."""
        found: dict[int, list[Person]] = {}
        for person in self.people:
            if not person.crowd:
                found.setdefault(person.image, []).append(person)
        return found


def read(path: str | os.PathLike[str]) -> Annotations:
    """Read a `person_keypoints_*.json`, or another file in its format.

    Joints are found by the names under `categories[].keypoints`. Only the annotations of people
    count: of the category called person, or of the only one with keypoints. Raises `BadInput` for
    whatever is missing, contradictory or beyond the bounds.
    """
    content = _parsed(path)
    images = [_build(path, row, _image) for row in content["images"]]
    _refuse_twice(path, "lists an image's id twice", (image.number for image in images))
    _refuse_twice(path, "lists an image twice, under two ids", (image.name for image in images))
    categories = [_build(path, row, _category) for row in content["categories"]]
    _refuse_twice(path, "lists a category's id twice", (number for number, _, _ in categories))
    person, _, names = _category_of_people(path, categories)
    places, unused = _mapped(path, names)
    notes = [f"its points {_listing(unused)} are not used (the neck is made of the shoulders)"]
    rows, others = _rows_of(path, content["annotations"], person, {n for n, _, _ in categories})
    keypoints = _keypoints(path, rows, places, len(names), {i.number: i for i in images})
    people = [
        Person(row.image, row.crowd, row.area, row.box, keypoints[place])
        for place, row in enumerate(rows)
    ]
    if all(one.crowd for one in people):
        raise BadInput(path, "annotates no person", _OF_PEOPLE)
    labelled = _labelled(keypoints[[not one.crowd for one in people]])
    absent = [name for name in JOINTS if name not in labelled]
    notes += [f"nobody is labelled with {_listing(absent)}: nothing is learned of these"]
    notes += [f"its {others:,} annotations of other categories than people are not used"]
    said = [note for note, why in zip(notes, (unused, absent, others), strict=True) if why]
    return Annotations(images, people, labelled, said)


def _listing(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _parsed(path: str | os.PathLike[str]) -> dict[str, list[Any]]:
    def slim(pairs: list[tuple[str, Any]]) -> object:
        # Entries shrink during parsing: COCO's segmentations alone would take a gigabyte.
        row = dict(pairs)
        if len(row) < len(pairs):
            twice = next(key for key, count in Counter(k for k, _ in pairs).items() if count > 1)
            raise BadInput(path, f"an entry has the key '{twice}' twice", _CORRECT)
        if "image_id" not in row:
            return row
        return _build(path, row, _row) if "keypoints" in row else _Unmarked(row.get("category_id"))

    try:
        if not Path(path).is_file():
            raise BadInput(path, "there is no such annotation file", "Check the path")
        if (size := Path(path).stat().st_size) > ANNOTATION_BYTES:
            raise BadInput(path, f"has {size:,} bytes, more than any dataset's", _OF_PEOPLE)
        with open(path, encoding="utf-8") as handle, np.errstate(over="ignore", invalid="ignore"):
            content = json.load(handle, object_pairs_hook=slim)
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(path, f"is cut off or not JSON ({error})", _CORRECT) from error
    if not isinstance(content, dict) or not set(_PARTS) <= set(content):
        raise BadInput(path, f"does not have all of {', '.join(_PARTS)}", _OF_PEOPLE)
    for name in _PARTS:
        if not isinstance(content[name], list):
            raise BadInput(path, f"its {name!r} is not a list", _CORRECT)
    return content


def _build(
    path: str | os.PathLike[str],
    row: dict[str, Any],
    build: Callable[[dict[str, Any]], _ROW],
) -> _ROW:
    try:
        return build(row)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        number = row.get("id") if isinstance(row, dict) else str(row)[:40]
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise _malformed(path, number, reason) from error


def _malformed(path: str | os.PathLike[str], number: object, reason: str) -> BadInput:
    return BadInput(path, f"entry {number} is malformed: {reason}", _CORRECT)


def _refuse_twice(path: str | os.PathLike[str], fault: str, keys: Iterable[object]) -> None:
    (key, count), *_ = [*Counter(keys).most_common(1), (None, 0)]
    if count > 1:
        fix = f"{_CORRECT}; files that were joined must be numbered again"
        raise BadInput(path, f"{fault} ({key})", fix)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"an id or a size is not a whole number: {str(value)[:40]!r}")
    if abs(value) > INTEGER:
        raise ValueError("an id or a size is beyond 2**53")
    return value


def _image(row: dict[str, Any]) -> Image:
    name = row["file_name"]
    if not isinstance(name, str):
        raise ValueError("the file name is not text")
    if not name or not name.isprintable() or "\\" in name:
        raise ValueError(f"the file name {name!r} is no path with / between its parts")
    if os.path.isabs(name) or ".." in name.split("/"):  # noqa: PTH117
        raise ValueError(f"the file name {name!r} leads out of the folder of images")
    width, height = _number(row["width"]), _number(row["height"])
    if min(width, height) < 1 or width * height > IMAGE_PIXELS:
        raise ValueError(f"no image has {width} x {height} pixels")
    return Image(_number(row["id"]), os.path.normpath(name), width, height)


def _category(row: dict[str, Any]) -> tuple[int, str, list[str]]:
    """A category's id, its name, and the names of its keypoints."""
    name, joints = row["name"], row.get("keypoints") or []
    texts = joints if isinstance(joints, list) else [None]
    if not all(isinstance(text, str) for text in (name, *texts)):
        raise ValueError("the name of a category or of its keypoints is not text")
    return _number(row["id"]), name, joints


def _row(row: dict[str, Any]) -> _Row:
    for key in ("area", "iscrowd"):
        if not isinstance(row[key], int | float):
            raise ValueError(f"its {key} is not a number")
    if row["iscrowd"] not in (0, 1):
        raise ValueError("its iscrowd is not 0 or 1")
    if not 0 <= row["area"] <= COORDINATE**2:
        raise ValueError("its area is not finite, or negative")
    box, values = _numbers(row["bbox"]), _numbers(row["keypoints"])
    if box.shape != (4,) or not (abs(box) <= COORDINATE).all() or box[2:].min() < 0:
        raise ValueError("the box does not have 4 values, or one is negative or not finite")
    number, image, category = (_number(row[key]) for key in ("id", "image_id", "category_id"))
    return _Row(number, image, category, bool(row["iscrowd"]), float(row["area"]), box, values)


def _numbers(values: object) -> np.ndarray:
    # NumPy would take `true` and "1" for numbers as well.
    if not isinstance(values, list) or not {int, float}.issuperset(map(type, values)):
        raise ValueError("its box or its keypoints are no list of numbers")
    return np.array(values, np.float32)


def _category_of_people(
    path: str | os.PathLike[str], categories: list[tuple[int, str, list[str]]]
) -> tuple[int, str, list[str]]:
    people = [category for category in categories if category[1].strip().lower() == "person"]
    marked = people or [category for category in categories if category[2]]
    if len(marked) != 1:
        known = _listing([f"'{name}'" for _, name, _ in categories]) or "none"
        fault = f"does not say which of its categories is people's (it has {known})"
        fix = "Name one of them 'person', with its joints under categories[].keypoints"
        raise BadInput(path, fault, fix)
    if not marked[0][2]:
        raise BadInput(path, f"does not name the joints of '{marked[0][1]}'", _NAMES)
    return marked[0]


def _mapped(path: str | os.PathLike[str], names: list[str]) -> tuple[dict[int, int], list[str]]:
    """Where in the file each of COCO's joints stands that it names, and its other points."""
    places: dict[int, int] = {}
    unused, unknown = [], []
    for place, name in enumerate(names):
        try:
            joint = joint_called(name)
        except ValueError as error:
            unknown.append(str(error))
            continue
        if joint is None:
            unused.append(name)
        elif places.setdefault(JOINTS.index(joint), place) != place:
            raise BadInput(path, f"names {joint} twice among its joints", _NAMES)
    if unknown:
        more = f" ({len(unknown) - 1} more of its names are unknown)" if unknown[1:] else ""
        raise BadInput(path, f"{unknown[0]}{more}", f"{_OF_PEOPLE}, or correct the names")
    if not {LEFT_SHOULDER, RIGHT_SHOULDER} <= places.keys():
        fault = f"names no left and right shoulder among its joints ({_listing(names)})"
        raise BadInput(path, fault, _OF_PEOPLE)
    return places, unused


def _rows_of(
    path: str | os.PathLike[str], entries: list[Any], person: int, categories: set[int]
) -> tuple[list[_Row], int]:
    """The annotations of people, and the number of the others."""
    rows = []
    for entry in entries:
        category = entry.category if isinstance(entry, _Row | _Unmarked) else None
        listed = isinstance(category, int) and category in categories
        if listed and category != person:
            continue
        if not isinstance(entry, _Row):
            fault = "has annotations without 'keypoints' (instances or captions?)"
            raise BadInput(path, fault, _OF_PEOPLE)
        if not listed:
            raise _malformed(path, entry.number, f"there is no category {category}")
        rows.append(entry)
    _refuse_twice(path, "lists an annotation's id twice", (row.number for row in rows))
    return rows, len(entries) - len(rows)


def _keypoints(
    path: str | os.PathLike[str],
    rows: list[_Row],
    places: dict[int, int],
    count: int,
    images: dict[int, Image],
) -> np.ndarray:
    """The people's keypoints (m, 17, 3) float32 in COCO's order, all of them sound."""
    for row in rows:
        if row.values.shape != (3 * count,):
            fault = f"{row.values.size} keypoint values, not {3 * count}, as categories[].keypoints"
            raise _malformed(path, row.number, f"{fault} names {count} joints")
    unknown = {row.image for row in rows} - images.keys()
    if unknown:
        raise BadInput(path, f"annotates image {min(unknown)}, which it does not list", _CORRECT)
    values = np.array([row.values for row in rows], np.float32).reshape(-1, count, 3)

    def refuse(bad: Any, reason: str) -> None:
        if len(first := np.flatnonzero(bad.any(axis=1))):
            raise _malformed(path, rows[first[0]].number, reason)

    refuse(
        ~(np.abs(values) <= COORDINATE).all(axis=2), "a value is not finite, or out of all bounds"
    )
    x, y, visibility = np.moveaxis(values, 2, 0)
    refuse(~np.isin(visibility, (0, 1, 2)), "a visibility is not 0, 1 or 2")
    sizes = np.array([(images[row.image].width, images[row.image].height) for row in rows])
    width, height = sizes.reshape(-1, 2, 1).swapaxes(0, 1)
    # At the border joints may be outside by rounding.
    off = (x < -1) | (x > width + 1) | (y < -1) | (y > height + 1)
    if len(first := np.flatnonzero((off & (visibility > 0)).any(axis=1))):
        image = images[rows[first[0]].image]
        fault = f"has a keypoint outside image {image.number}, {image.name}"
        raise BadInput(path, fault, _BELONGING)
    keypoints = np.zeros((len(rows), COCO_JOINTS, 3), np.float32)
    keypoints[:, list(places)] = values[:, list(places.values())]
    return keypoints


def _labelled(keypoints: np.ndarray) -> tuple[str, ...]:
    joints = {JOINTS[joint] for joint in np.flatnonzero((keypoints[:, :, 2] > 0).any(axis=0))}
    if {JOINTS[LEFT_SHOULDER], JOINTS[RIGHT_SHOULDER]} <= joints:
        joints.add("neck")
    return tuple(name for name in JOINTS if name in joints)

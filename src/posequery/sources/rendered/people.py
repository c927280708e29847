"""Writes the stand-in for COCO: images of people, varied or in the studio, with keypoints."""

import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from posequery.jobs.files import BadInput, whole_folder, write_sums
from posequery.jobs.seeds import generator as seeded
from posequery.skeletons import JOINTS
from posequery.sources.rendered.anatomy import Array, Pose, pose_bodies
from posequery.sources.rendered.backdrops import Image, occlude, random_background
from posequery.sources.rendered.bodies import everyday_body, random_body
from posequery.sources.rendered.motions import ACTIONS, wild_pose
from posequery.sources.rendered.painting import SCALE, Buffer, Camera
from posequery.sources.rendered.rooms import room
from posequery.sources.rendered.scenes import Cast, Light, paint, project_points
from posequery.sources.rendered.studio import SIZE, Studio

_SLACK = 64
Domain = Literal["generic", "rooms", "studio"]


@dataclass
class _Sample:
    """An image of people, RGB (H, W, 3) uint8, and what an annotator would record."""

    image: NDArray[np.uint8]
    people: list[dict[str, Any]]


def write_people(
    root: str | os.PathLike[str],
    count: int,
    *,
    size: int = 128,
    seed: int = 0,
    domain: Domain = "generic",
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write `count` images of `size` x `size` pixels, or of that area, in COCO's layout.

    The files are `<root>/annotations/person_keypoints_train2017.json` and
    `<root>/train2017/%012d.jpg`. Domain "generic": people, poses, backgrounds, cameras, light and
    the image's shape are random; some people are cut by the border, some distant ones have no
    keypoints. "rooms": the same, of people in muted clothes, in furnished rooms and yards, seen
    through a video camera's exposure and sharpness; none is without keypoints. "studio": the
    studio's room, camera and motions with a new body in each image, the
    whole 320 x 320 frame squashed to `size` by area averaging. Image i depends only on (seed,
    domain, size, i); `advance` is called with 1 for each. Raises `BadInput` for an unknown domain,
    or a count or size that makes no image. Annotations and images have their
    sums beside them. The folder appears complete or not at all, and replaces an older one.
    """
    samplers: dict[str, Callable[[np.random.Generator, int], _Sample]] = {
        "generic": _generic_sample,
        "rooms": _rooms_sample,
        "studio": _StudioSampler(),
    }
    if domain not in samplers:
        raise BadInput(str(root), f"there is no domain '{domain}'", f"Use {', '.join(samplers)}")
    if count < 1 or size < 32:
        raise BadInput(
            str(root), f"{count} images of {size} pixels", "Use 1 or more, of 32 or more"
        )
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with whole_folder(root) as folder:
        (folder / "train2017").mkdir()
        (folder / "annotations").mkdir()
        for number in range(1, count + 1):
            sample = samplers[domain](seeded("rendered", seed, domain, number), size)
            name = f"{number:012d}.jpg"
            bgr = cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGR)
            # Not cv2.imwrite, which reports a full disk only by its return value.
            done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])
            if not done:
                raise ValueError(f"image {number} cannot be written as JPEG")
            (folder / "train2017" / name).write_bytes(data.tobytes())
            height, width = sample.image.shape[:2]
            images.append({"id": number, "file_name": name, "width": width, "height": height})
            for person in sample.people:
                place = {"id": len(annotations) + 1, "image_id": number, "category_id": 1}
                annotations.append(place | person)
            advance(1)
        text = json.dumps(
            {
                "info": {
                    "description": f"posequery's rendered people, domain {domain}, seed {seed}"
                },
                "images": images,
                "annotations": annotations,
                "categories": [_category()],
            },
            separators=(",", ":"),
        )
        file = folder / "annotations" / "person_keypoints_train2017.json"
        file.write_text(text, encoding="utf-8")
        write_sums(file)
        write_sums(folder / "train2017")


def _category() -> dict[str, Any]:
    """COCO's person category: its keypoints, and its skeleton with joints counted from 1."""
    links = (
        "16-14 14-12 17-15 15-13 12-13 6-12 7-13 6-7 6-8 7-9 8-10 9-11 2-3 1-2 1-3 2-4 3-5 4-6 5-7"
    )
    skeleton = [[int(end) for end in link.split("-")] for link in links.split()]
    return {"supercategory": "person", "id": 1, "name": "person", "keypoints": list(JOINTS[:17]),
            "skeleton": skeleton}  # fmt: skip


def _annotations(
    cast: Cast,
    camera: Camera,
    buffer: Buffer,
    covered: NDArray[np.uint8],
    unlabelled: frozenset[int],
    scale: float,
) -> list[dict[str, Any]]:
    """COCO's fields for everybody in the image, in pixels of the image scaled by `scale`."""
    pixels, inside, plain = project_points(camera, buffer, cast.coco())
    last = np.array(covered.shape[::-1]) - 1
    column, row = np.moveaxis(pixels.round().astype(int).clip(0, last), -1, 0)
    plain &= covered[row, column] == 0
    visibility = np.where(inside, np.where(plain, 2, 1), 0)
    # As COCO's annotators do: a face turned away or covered has no eyes, ears or nose.
    visibility[:, :5][visibility[:, :5] == 1] = 0
    owners = buffer.owners()
    people = []
    for person in range(len(cast.bodies)):
        mask = (owners == person).view(np.uint8)
        area = cv2.countNonZero(mask)
        if area < 8:
            continue
        shown = np.zeros(17, int) if person in unlabelled else visibility[person]
        points = (pixels[person] + 0.5) * scale - 0.5
        triplets = np.where(shown[:, None] > 0, np.column_stack([points, shown]), 0)
        corner = [buffer.box[1].start, buffer.box[0].start, 0, 0]
        bbox = (np.array(cv2.boundingRect(mask)) / SCALE + corner) * scale
        people.append(
            {
                "keypoints": [round(float(value), 2) for value in triplets.ravel()],
                "num_keypoints": int((shown > 0).sum()),
                "area": round(area * (scale / SCALE) ** 2, 2),
                "bbox": [round(float(value), 2) for value in bbox],
                "segmentation": [],
                "iscrowd": 0,
            }
        )
    return people


class _StudioSampler:
    """Images in the studio, with new bodies each time; the room is built for the first one."""

    def __init__(self) -> None:
        self._studio: Studio | None = None

    def __call__(self, generator: np.random.Generator, size: int) -> _Sample:
        self._studio = self._studio or Studio()
        action = str(generator.choice(list(ACTIONS)))
        together = "companion" in ACTIONS[action].props
        bodies = [random_body(generator) for _ in range(1 + together)]
        seconds = generator.uniform(0, 6, 1)
        cast, image, buffer = next(iter(self._studio.perform(bodies, action, generator, seconds)))
        covered = np.zeros(image.shape[:2], np.uint8)
        people = _annotations(
            cast, self._studio.camera, buffer, covered, frozenset(), size / SIZE[0]
        )
        squashed = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
        return _Sample(np.asarray(squashed, np.uint8), people)


def _generic_sample(generator: np.random.Generator, size: int) -> _Sample:
    count = int(generator.choice([1, 2, 3], p=(0.65, 0.25, 0.1)))
    far = generator.random() < 0.06
    poses = Pose.stack([wild_pose(generator) for _ in range(count + far)])
    bodies = [random_body(generator) for _ in range(count + far)]
    _spread(generator, poses)
    camera, direction = _camera(generator, size, tall=(0.33, 1.25), roll=0.08)
    if far:
        poses.place[-1] = -direction * generator.uniform(2, 5) + _circle(generator, 1)[0]
    cast = Cast(bodies, pose_bodies(bodies, poses))
    towards = np.array([*_circle(generator, 1)[0] * generator.uniform(0, 1.2), 1.0])
    tint = generator.uniform(0.5, 1.3) * generator.uniform(0.85, 1.15, 3)
    light = Light(towards, generator.uniform(0.35, 0.75), tint)
    image = random_background(generator, camera) * tint.astype(np.float32)
    buffer = paint(camera, cast, None, image, light)
    covered = occlude(generator, image, int(generator.choice([0, 1, 2], p=(0.6, 0.28, 0.12))))
    unlabelled = frozenset([count]) if far else frozenset()
    people = _annotations(cast, camera, buffer, covered, unlabelled, 1.0)
    if generator.random() < 0.3:
        cv2.GaussianBlur(image, (0, 0), generator.uniform(0.4, 1.2), dst=image)
    return _Sample(_grained(generator, image, size, 5), people)


def _rooms_sample(generator: np.random.Generator, size: int) -> _Sample:
    count = int(generator.choice([1, 2, 3], p=(0.75, 0.2, 0.05)))
    poses = Pose.stack([wild_pose(generator) for _ in range(count)])
    bodies = [everyday_body(generator) for _ in range(count)]
    _spread(generator, poses)
    camera, _ = _camera(generator, size, tall=(0.28, 1.1), roll=0.12)
    cast = Cast(bodies, pose_bodies(bodies, poses))
    towards = np.array([*_circle(generator, 1)[0] * generator.uniform(0, 1.2), 1.0])
    tint = generator.uniform(0.6, 1.25) * generator.uniform(0.92, 1.08, 3)
    light = Light(towards, generator.uniform(0.45, 0.85), tint)
    image = room(generator, camera) * tint.astype(np.float32)
    buffer = paint(camera, cast, None, image, light)
    covered = occlude(generator, image, int(generator.choice([0, 1, 2], p=(0.75, 0.2, 0.05))))
    people = _annotations(cast, camera, buffer, covered, frozenset(), 1.0)
    return _Sample(_grained(generator, _exposed(generator, image), size, 3), people)


def _spread(generator: np.random.Generator, poses: Pose) -> None:
    """Place all but the first around the first."""
    others = len(poses.yaw) - 1
    poses.place[1:] = generator.uniform(0.5, 1.3, (others, 1))
    poses.place[1:] *= _circle(generator, others)


def _camera(
    generator: np.random.Generator, size: int, tall: tuple[float, float], roll: float
) -> tuple[Camera, Array]:
    """A camera on somebody at the origin, and the direction (2,) in which it stands.

    tall: bounds of an adult's height as a share of the image's. roll: its spread, in radians.
    """
    # Shapes as of COCO's images and of users' own videos: from 9:16 to 16:9, with equal area.
    shape = np.exp(generator.uniform(-0.5, 0.5) * np.log(16 / 9))
    width, height = round(size * shape), round(size / shape)
    focal = size * generator.uniform(0.75, 2.2)
    adult = height * np.exp(generator.uniform(*np.log(tall)))
    away = max(focal * 1.75 / adult, 1.2)
    above = generator.uniform(0.4, 2.4)
    direction = _circle(generator, 1)[0]
    target = np.array([0, 0, 0.88]) + generator.normal(0, 0.12 * size / adult, 3) * (1, 1, 0.7)
    place = np.array([*(away * direction), above])
    turn = generator.normal(0, roll)
    return Camera.aimed(place, target, focal, width, height, roll=turn), direction


def _exposed(generator: np.random.Generator, image: Image) -> Image:
    """An image as a video camera shows it: blurred or sharpened, its tones changed."""
    soft, sharp = generator.random(2) < 0.4
    if soft:
        blurred = cv2.GaussianBlur(image, (0, 0), generator.uniform(0.4, 1.2))
        image = np.asarray(blurred, np.float32)
    elif sharp:
        around = np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), np.float32)
        sharper = image + (image - around) * np.float32(generator.uniform(0.2, 1.2))
        image = np.asarray(sharper, np.float32)
    gamma = np.float32(np.exp(generator.normal(0, 0.25)))
    toned = np.asarray(255 * (image.clip(0, 255) / 255) ** gamma, np.float32)
    return (toned - 128) * np.float32(generator.uniform(0.75, 1.4)) + 128


def _grained(
    generator: np.random.Generator, image: Image, size: int, noise: float
) -> NDArray[np.uint8]:
    """An image with sensor noise of `noise` grey levels on average."""
    high, wide = image.shape[:2]
    down, right = generator.integers(0, _SLACK, 2)
    grain = _grain(2 * size)[down : down + high, right : right + wide]
    image += grain * generator.exponential(noise)
    return image.clip(0, 255).astype(np.uint8)


@functools.cache
def _grain(size: int) -> NDArray[np.float32]:
    """Unit noise, from which each image of `size` takes a different crop."""
    shape = size + _SLACK, size + _SLACK, 3
    return seeded("rendered", "grain", size).standard_normal(shape, np.float32)


def _circle(generator: np.random.Generator, count: int) -> Array:
    angle = generator.uniform(-np.pi, np.pi, count)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)

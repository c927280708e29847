"""Scenes: people and props in front of a background and a camera, as an image and its joints."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from posequery.skeletons import JOINTS
from posequery.sources.rendered.anatomy import FLAT, POINTS, Array, PosedBodies
from posequery.sources.rendered.backdrops import Image
from posequery.sources.rendered.bodies import COLUMNS, PARTS, ROWS, Body
from posequery.sources.rendered.painting import FAR, SCALE, Buffer, Camera, Solids

_PROP_COLOURS = {
    "wood": (150, 110, 70), "iron": (60, 62, 70), "fur": (165, 120, 75), "paw": (225, 215, 200),
    "black": (25, 25, 28), "leather": (140, 40, 60),
}  # fmt: skip

_LEG = ("hip", "knee", "ankle", "ball", "toe")
_ARM = ("shoulder", "elbow", "wrist", "wrist", "thumb", "hand", "hand")
# The body point for each of Human3.6M's 32 joints; as in the original, some coincide.
_HUMAN36M = [
    POINTS.index(name)
    for name in (
        "pelvis", *(f"right_{joint}" for joint in _LEG), *(f"left_{joint}" for joint in _LEG),
        "pelvis", "waist", "throat", "head", "top",
        "throat", *(f"left_{joint}" for joint in _ARM),
        "throat", *(f"right_{joint}" for joint in _ARM),
    )
]  # fmt: skip
_COCO = [POINTS.index(name) for name in JOINTS[:17]]
UP = np.array([0.0, 0.0, 1.0])

# How far behind the nearest surface a joint may lie inside its own limb, in metres.
_DEPTH_WITHIN = np.array(
    [0.025, 0.03, 0.03, 0.05, 0.05,
     0.12, 0.12, 0.09, 0.09, 0.07, 0.07, 0.17, 0.17, 0.11, 0.11, 0.09, 0.09]
)  # fmt: skip


@dataclass(frozen=True)
class Light:
    """A lamp: world direction `towards` (3,) it, `ambient` share of the light, `tint` (3,)."""

    towards: Array
    ambient: float
    tint: Array


@dataclass
class Cast:
    """The people of a scene: their bodies, and these bodies posed (n people)."""

    bodies: list[Body]
    posed: PosedBodies

    def solids(self) -> Solids:
        """Their parts; each part's owner is the person's number."""
        posed = self.posed
        return Solids.join(
            [
                Solids(
                    posed.start[person], posed.end[person], posed.radii[person],
                    posed.front[person], FLAT, np.full(len(PARTS), person, np.int8),
                    body.texture.astype(np.int16), body.palette,
                )
                for person, body in enumerate(self.bodies)
            ]
        )  # fmt: skip

    def human36m(self) -> Array:
        """Points (n, 32, 3) in Human3.6M's order."""
        return self.posed.points[:, _HUMAN36M]

    def coco(self) -> Array:
        """Points (n, 17, 3) in COCO's order."""
        return self.posed.points[:, _COCO]


def prop_solids(
    cast: Cast, props: tuple[str, ...], yaw: float, busy: int, seconds: float
) -> Solids | None:
    """The first person's props: chair, dog on a leash, bag, or a small device."""
    right = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    front = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    frame = np.stack([right, front, UP])
    side = ("left", "right")[busy]
    hand = cast.posed.point(f"{side}_hand")[0]
    rows: list[tuple] = []

    def add(origin, start, end, first, last, colour, normal=UP, flat=1.0):
        ends = origin + np.array([start, end]) @ frame
        rows.append((*ends, (first, last), normal, flat, list(_PROP_COLOURS).index(colour)))

    for prop in props:
        if prop == "chair":
            seat = cast.posed.point("pelvis")[0] - 0.13 * UP
            floor = -seat[2]
            add(seat, (-0.08, 0.05, 0), (0.08, 0.05, 0), 0.2, 0.2, "wood", UP, 0.13)
            add(seat, (-0.1, -0.25, 0.42), (0.1, -0.25, 0.42), 0.12, 0.12, "wood", front, 0.15)
            for x in (-0.2, 0.2):
                add(seat, (x, -0.25, 0.45), (x, -0.2, floor), 0.016, 0.016, "iron")
                add(seat, (x, 0.2, 0), (x, 0.22, floor), 0.016, 0.016, "iron")
        elif prop == "dog":
            master = cast.posed.point("pelvis")[0] * (1, 1, 0)
            dog = master + 0.75 * front + (0.7 * busy - 0.35) * right + 0.36 * UP
            add(dog, (0, -0.22, 0), (0, 0.2, 0.02), 0.1, 0.12, "fur")
            add(dog, (0, 0.25, 0.08), (0, 0.33, 0.2), 0.08, 0.085, "fur")
            add(dog, (0, 0.36, 0.2), (0, 0.47, 0.17), 0.055, 0.035, "paw")
            add(dog, (0, -0.3, 0.04), (0.05 * np.sin(12 * seconds), -0.45, 0.2), 0.03, 0.015, "fur")
            for x, y, phase in ((-1, -1, 0), (1, -1, 2), (-1, 1, 3), (1, 1, 5)):
                step = 0.09 * np.sin(9 * seconds + phase)
                hip, paw = (0.07 * x, 0.2 * y, -0.05), (0.07 * x, 0.2 * y + step, -0.33)
                add(dog, hip, paw, 0.045, 0.03, "paw")
            rows.append((hand, dog + np.array((0, 0.25, 0.1)) @ frame, (0.007, 0.007), UP, 1.0, 4))
        elif prop == "bag":
            add(hand, (0, 0, -0.28), (0, 0, -0.16), 0.13, 0.1, "leather", right, 0.5)
            add(hand, (0, 0, -0.05), (0, 0, 0), 0.012, 0.012, "leather")
        elif prop == "device":
            add(hand, (0, 0, -0.03), (0, 0, 0.06), 0.032, 0.032, "black", front, 0.5)
    if not rows:
        return None
    start, end, radii, normal, flat, colour = zip(*rows, strict=True)
    textures = np.array(colour, np.int16)[:, None, None] * np.ones((ROWS, COLUMNS), np.int16)
    return Solids(np.stack(start), np.stack(end), np.array(radii), np.stack(normal), np.array(flat),
                  np.full(len(rows), -1, np.int8), textures,
                  np.array(list(_PROP_COLOURS.values()), np.uint8))  # fmt: skip


def paint(camera: Camera, cast: Cast, extra: Solids | None, image: Image, light: Light) -> Buffer:
    """Paint people and props with their shadows over the background `image` (H, W, 3) 0..255, and
    return the depth buffer."""
    solids = cast.solids() if extra is None else Solids.join([cast.solids(), extra])
    _cast_shadow(camera, solids, image, light)
    buffer = Buffer(camera, solids)
    lamp = camera.rotation @ light.towards
    layers = buffer.shade(lamp, light.ambient, light.tint).astype(np.float32)
    within = image[buffer.box]
    within *= 1 - layers[..., 3:] * np.float32(1 / 255)
    within += layers[..., :3]
    return buffer


def _cast_shadow(camera: Camera, solids: Solids, image: Image, light: Light) -> None:
    """Darken the floor where parts block the lamp."""
    ends = np.stack([solids.start, solids.end], axis=1)
    pixels, depth = camera.project(ends - ends[..., 2:] * (light.towards / light.towards[2]))
    thick = np.maximum(solids.radii.mean(1) * camera.focal / depth.mean(1), 1).astype(int)
    mask = np.zeros((camera.height // 2, camera.width // 2), np.uint8)
    reach = 4 * max(camera.width, camera.height)
    lines = np.clip(pixels / 2, -reach, reach).astype(int)[depth.min(1) > 0.3].tolist()
    for (start, end), wide in zip(lines, thick[depth.min(1) > 0.3].tolist(), strict=True):
        cv2.line(mask, start, end, 255, wide)
    soft = cv2.blur(mask, (5, 5))
    x, y, wide, high = cv2.boundingRect(soft)
    if not wide:
        return
    shade = soft[y : y + high, x : x + wide].astype(np.float32) * (-0.6 * (1 - light.ambient) / 255)
    within = image[2 * y : 2 * (y + high), 2 * x : 2 * (x + wide)]
    within *= 1 + cv2.resize(shade, (2 * wide, 2 * high))[..., None]


def project_points(
    camera: Camera, buffer: Buffer, points: Array
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels (n, 17, 2) of COCO points (n, 17, 3), whether they are in the image, and visible."""
    pixels, depth = camera.project(points)
    low, high = (0, 0, 0.1), (camera.width - 1, camera.height - 1, np.inf)
    place = np.concatenate([pixels, depth[..., None]], axis=-1)
    inside = np.logical_and.reduce((place >= low) & (place <= high), axis=-1)
    corner = np.array([side.start for side in buffer.box[::-1]])
    fine = np.round((pixels - corner + 0.5) * SCALE - 0.5).astype(int)
    # Where there is no solid, nothing hides a point; the padding extends this outside the box.
    surface = np.pad(buffer.depth, 1, constant_values=FAR)
    rows, columns = buffer.depth.shape
    nearest = surface[fine[..., 1].clip(-1, rows) + 1, fine[..., 0].clip(-1, columns) + 1]
    return pixels, inside, inside & (nearest > depth - _DEPTH_WITHIN)

"""Rooms and yards seen in perspective: textured floors, walls and furniture in muted colours."""

import cv2
import numpy as np
from numpy.typing import NDArray

from posequery.sources.rendered.anatomy import Array
from posequery.sources.rendered.backdrops import Image, clouds, rays
from posequery.sources.rendered.painting import Camera

SIDE = 96
"""Pixels of the texture of a floor, a ceiling or a wall."""


def muted(generator: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Random colours (count, 3), most of them nearly grey, 0..255."""
    tones = np.empty((1, count, 3), np.float32)
    tones[..., 0] = generator.uniform(0, 360, count)
    tones[..., 1] = generator.beta(1.1, 3, count)
    tones[..., 2] = generator.uniform(0.08, 1, count)
    return np.asarray(255 * cv2.cvtColor(tones, cv2.COLOR_HSV2RGB)[0], np.float32)


def room(generator: np.random.Generator, camera: Camera) -> Image:
    """A room, or a yard with distant walls and a sky, around the origin and the camera."""
    open_air = generator.random() < 0.25
    angle = generator.uniform(-np.pi, np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0],
                     [0, 0, 1]])  # fmt: skip
    place, way = camera.place @ turn, rays(camera, 1) @ turn
    spare = generator.uniform(0.4, 4, 4) * (5 if open_air else 1)
    low = np.array([*np.minimum(-1.2, place[:2] - spare[:2]), 0.0])
    high = np.array([*np.maximum(1.2, place[:2] + spare[2:]), 0.0])
    high[2] = max(place[2] + 0.3, generator.uniform(2.3, 4.5) * (4 if open_air else 1))
    way = np.where(np.abs(way) < 1e-6, 1e-6, way)
    reach = (np.where(way > 0, high, low) - place) / way
    axis = reach.argmin(-1)
    far = np.take_along_axis(reach, axis[..., None], -1)
    share = (place + far * way - low) / (high - low)
    face = 2 * axis + (np.take_along_axis(way, axis[..., None], -1)[..., 0] > 0)
    across = np.where(axis == 0, share[..., 1], share[..., 0])
    along = np.where(axis == 2, share[..., 1], 1 - share[..., 2])
    walls = [_wall(generator, windows=not open_air) for _ in range(4)]
    ceiling = _sky(generator) if open_air else _wall(generator, windows=False)
    atlas = np.concatenate([*walls, _floor(generator), ceiling])
    x = (across * (SIDE - 1)).astype(np.float32)
    y = (along.clip(0, 1) * (SIDE - 1) + face * SIDE).astype(np.float32)
    image = np.asarray(cv2.remap(atlas, x, y, cv2.INTER_LINEAR), np.float32)
    fade = 1 / (1 + generator.uniform(0, 0.03) * far * far)
    image *= (generator.uniform(0.7, 1.3) * fade).astype(np.float32)
    for _ in range(generator.integers(0, 8)):
        _furniture(generator, camera, image)
    return image


def _wall(generator: np.random.Generator, windows: bool) -> Image:
    image = _texture(generator, generator.uniform(0, 6))
    for _ in range(generator.integers(0, 9)):
        left, top = generator.integers(-8, SIDE, 2).tolist()
        wide, high = generator.integers(4, 36, 2).tolist()
        colours = muted(generator, 2)
        if windows and generator.random() < 0.25:
            colours[0] = generator.uniform(200, 255)
        cv2.rectangle(image, (left, top), (left + wide, top + high), colours[0].tolist(), -1)
        step = int(generator.integers(4, 16))
        if generator.random() < 0.4:
            for x in range(left, left + wide + 1, step):
                cv2.line(image, (x, top), (x, top + high), colours[1].tolist())
        if generator.random() < 0.4:
            for y in range(top, top + high + 1, step):
                cv2.line(image, (left, y), (left + wide, y), colours[1].tolist())
        if generator.random() < 0.5:
            cv2.rectangle(image, (left, top), (left + wide, top + high), colours[1].tolist())
    return image


def _floor(generator: np.random.Generator) -> Image:
    image = _texture(generator, generator.uniform(0, 10))
    for _ in range(generator.integers(0, 7)):
        centre, size = generator.uniform(0, SIDE, 2), generator.uniform(6, 50, 2)
        turn = float(generator.choice([0, 0, generator.uniform(-45, 45)]))
        corners = cv2.boxPoints((centre.tolist(), size.tolist(), turn))
        colours = muted(generator, 2)
        if generator.random() < 0.25:
            colours[0] = generator.uniform(0, 255, 3)
        cv2.fillPoly(image, [corners.astype(np.int32)], colours[0].tolist())
        if generator.random() < 0.5:
            cv2.polylines(image, [corners.astype(np.int32)], True, colours[1].tolist())
    return image


def _texture(generator: np.random.Generator, rough: float) -> Image:
    """A plain, striped or tiled surface with stains."""
    base, second = muted(generator, 2)
    image = np.empty((SIDE, SIDE, 3), np.float32)
    image[:] = base
    kind, step = generator.integers(4), int(generator.integers(3, 24))
    seam = max(1, int(step * generator.uniform(0.05, 0.5)))
    mixed = base + (second - base) * generator.uniform(0.1, 1)
    if kind in (1, 3):
        image[np.arange(SIDE) % step < seam] = mixed
    if kind in (2, 3):
        image[:, np.arange(SIDE) % step < seam] = mixed
    return image + clouds(generator, SIDE, SIDE, 27) * np.float32(rough)


def _sky(generator: np.random.Generator) -> Image:
    base = generator.uniform((120, 140, 160), (235, 245, 255)).astype(np.float32)
    return base + clouds(generator, SIDE, SIDE, 27) * np.float32(generator.uniform(0, 20))


_CORNERS = np.array([(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (0.0, 1.0)])
_SIDES = ((0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (1, 3, 7, 5))


def _furniture(generator: np.random.Generator, camera: Camera, image: Image) -> None:
    """A box on the floor, or a post; one that would surround the camera is left out."""
    away, angle, turn = generator.uniform(0.7, 5), *generator.uniform(-np.pi, np.pi, 2)
    size = generator.uniform((0.1, 0.1, 0.1), (1.5, 0.8, 1.6))
    if generator.random() < 0.3:
        size[:2] = generator.uniform(0.03, 0.1)
    sine, cosine = np.sin(turn), np.cos(turn)
    shape: Array = _CORNERS * size @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
    corners = shape + away * np.array([np.cos(angle), np.sin(angle), 0])
    pixels, depth = camera.project(corners)
    colour, edge = muted(generator, 2)
    shades = generator.uniform(0.5, 1.1, len(_SIDES))
    edged = generator.random() < 0.3
    if depth.min() < 0.5:
        return
    fine = np.round(pixels * 16).astype(np.int32)
    order = np.argsort([-depth[list(side)].mean() for side in _SIDES])
    for number in order.tolist():
        face = fine[list(_SIDES[number])]
        cv2.fillConvexPoly(image, face, (colour * shades[number]).tolist(), cv2.LINE_AA, 4)
        if edged:
            cv2.polylines(image, [face], True, edge.tolist(), 1, cv2.LINE_AA, 4)

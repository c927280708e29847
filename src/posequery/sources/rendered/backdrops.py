"""Backgrounds: the studio's single room, and random varied places."""

import cv2
import numpy as np
from numpy.typing import NDArray

from posequery.jobs.seeds import generator as seeded
from posequery.sources.rendered.painting import SCALE, Camera

Image = NDArray[np.float32]


def clouds(generator: np.random.Generator, height: int, width: int, finest: int = 32) -> Image:
    """Smooth coloured noise (height, width, 3) around 0, with an amplitude of about 1."""
    image = np.zeros((height, width, 3), np.float32)
    cells, weight = 3, 1.0
    while cells <= finest:
        grid = generator.standard_normal((cells, cells, 3), dtype=np.float32) * weight
        image += cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        cells, weight = cells * 3, weight * 0.6
    return image


def rays(camera: Camera, scale: int) -> NDArray[np.float64]:
    """World directions (H, W, 3) of the pixels of an image with `scale` times the resolution."""
    x = (np.arange(camera.width * scale) + 0.5) / scale - camera.width / 2
    y = (np.arange(camera.height * scale) + 0.5) / scale - camera.height / 2
    seen = np.stack([*np.meshgrid(x, y), np.full((y.size, x.size), camera.focal)], axis=-1)
    return seen @ camera.rotation


def studio_room(camera: Camera) -> Image:
    """The motion-capture room seen by `camera`: carpet, floorboards, curtains, lockers, a board."""
    generator = seeded("rendered", "room")
    seen = rays(camera, SCALE)
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = np.where(seen[..., 2] < 0, -camera.place[2] / seen[..., 2], np.inf)
        back = np.where(seen[..., 1] > 0, (2.9 - camera.place[1]) / seen[..., 1], np.inf)
        sides = np.where(seen[..., 0] != 0, 3.0 / np.abs(seen[..., 0]), np.inf)
    reach = np.minimum(np.minimum(floor, back), sides)
    x, y, z = np.moveaxis(camera.place + seen * reach[..., None], -1, 0)
    image = np.empty((*reach.shape, 3), np.float32)

    folds = 0.55 + 0.25 * np.sin(9 * x + 1.5 * np.sin(3.1 * x)) + 0.12 * np.sin(23 * x + y * 17)
    image[:] = folds[..., None] * (78, 84, 104)
    image *= (0.75 + 0.15 * np.clip(z, 0, 3))[..., None]
    wall = reach == back
    for left in np.linspace(-2.7, 2.3, 9):
        wide, high = generator.uniform(0.12, 0.4), generator.uniform(0.4, 1.3)
        colour = generator.uniform(50, 170, 3)
        locker = wall & (x > left) & (x < left + wide) & (z < high)
        image[locker] = colour * np.where(z[locker] % 0.3 < 0.02, 0.6, 1)[:, None]
    board = wall & (np.abs(x + 1.2) < 0.6) & (np.abs(z - 1.9) < 0.35)
    image[board] = (196, 198, 190)

    ground = reach == floor
    boards = 0.85 + 0.15 * np.sin(np.floor(x * 5) * 2.7) + 0.08 * np.sin(40 * x + 3 * np.sin(2 * y))
    image[ground] = (boards[..., None] * (128, 104, 82))[ground]
    carpet = ground & (np.abs(x) < 1.9) & (np.abs(y) < 1.7)
    image[carpet] = (126, 52, 54)
    border = carpet & ((np.abs(x) > 1.75) | (np.abs(y) > 1.55))
    image[border] = (180, 150, 90)
    image *= (1.1 - 0.03 * (x**2 + (y + 1) ** 2))[..., None]
    image *= 1 + 0.03 * clouds(generator, len(image), image.shape[1], finest=300)
    size = camera.width, camera.height
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)


def random_background(generator: np.random.Generator, camera: Camera) -> Image:
    """A random background: a room, open ground or just clutter, with objects in it."""
    height, width = camera.height, camera.width
    kind = generator.choice(["room", "open", "clutter"], p=(0.45, 0.3, 0.25))
    base, second = generator.uniform(20, 235, (2, 3)).astype(np.float32)
    image = clouds(generator, height, width) * generator.uniform(4, 40 if kind == "clutter" else 18)
    image += base
    if kind != "clutter":
        down = camera.rotation[:, 2]  # the components of "up" along right, down and forward
        y = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
        x = np.arange(width, dtype=np.float32) - (width - 1) / 2
        rise = down[0] * x + down[1] * y + down[2] * camera.focal
        if kind == "room":
            rise += camera.focal * camera.place[2] / generator.uniform(3, 8)
            if generator.random() < 0.5:
                step = generator.uniform(0.08, 0.3) * width
                image *= np.where((x + width) % step < step * 0.12, 0.75, 1)[None, :, None]
        else:
            image += (np.clip(rise / camera.focal, 0, 1) * generator.uniform(-80, 80))[..., None]
        ground = rise < 0
        image[ground] += second - base
    for _ in range(generator.integers(2, 12)):
        _paint_object(generator, image)
    return image.clip(0, 255)


def _paint_object(
    generator: np.random.Generator, image: Image, mask: NDArray[np.uint8] | None = None
) -> None:
    """Paint one flat object at random: a box, a disc, a post or a leaf; mark it in `mask`."""
    height, width = image.shape[:2]
    colour = generator.uniform(0, 255, 3).tolist()
    centre = generator.uniform(0, 1, 2) * (width, height)
    size = generator.uniform(0.03, 0.3, 2) * width
    kind = generator.integers(4)
    if kind == 0:
        turn = generator.normal(0, 12)
        points = cv2.boxPoints((centre.tolist(), (size * (1, 1.6)).tolist(), turn))
    elif kind == 1:
        angles = np.linspace(0, 2 * np.pi, 20)
        points = centre + np.stack([np.cos(angles), np.sin(angles)], axis=1) * size * 0.6
    elif kind == 2:
        points = centre + np.array([(-1, -9), (1, -9), (1, 9), (-1, 9)]) * size[0] * 0.13
    else:
        points = centre + generator.normal(0, 0.8, (int(generator.integers(3, 7)), 2)) * size
    fine = [np.round(np.asarray(points) * 16).astype(np.int32)]
    cv2.fillPoly(image, fine, colour, cv2.LINE_AA, 4)
    if mask is not None:
        cv2.fillPoly(mask, fine, 1, cv2.LINE_8, 4)


def occlude(generator: np.random.Generator, image: Image, count: int) -> NDArray[np.uint8]:
    """Paint `count` objects in front of everything, and return their mask (H, W), 0 or 1."""
    mask = np.zeros(image.shape[:2], np.uint8)
    for _ in range(count):
        _paint_object(generator, image, mask)
    return mask

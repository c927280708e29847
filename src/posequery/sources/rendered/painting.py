"""Paints solid parts: exact rounded cones in a depth buffer, then texture and light in one pass.

Every part is a sphere swept from one end to the other while its radius changes, flattened along one
direction. Under local parallel projection its surface has a closed form, so an image costs a few
array operations per part. Parts are painted at SCALE times the resolution and averaged.
"""

from dataclasses import dataclass, fields

import cv2
import numpy as np
from numpy.typing import NDArray

from posequery.sources.rendered.anatomy import Array, cross, unit
from posequery.sources.rendered.bodies import COLUMNS, ROWS

SCALE = 2
FAR = np.float32(1e9)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in the world. The rows of `rotation` are its right, down and forward axes;
    `focal`, `width` and `height` are in pixels; the principal point is the image centre."""

    place: Array
    rotation: Array
    focal: float
    width: int
    height: int

    @staticmethod
    def aimed(
        place: Array, target: Array, focal: float, width: int, height: int, roll: float = 0.0
    ) -> "Camera":
        """A camera at `place` that looks at `target`, rotated by `roll` radians."""
        forward = unit(np.asarray(target) - place)
        right = unit(cross(forward, np.array([0.0, 0.0, 1.0])))
        down = cross(forward, right)
        cosine, sine = np.cos(roll), np.sin(roll)
        rows = (cosine * right + sine * down, cosine * down - sine * right, forward)
        return Camera(np.asarray(place, float), np.stack(rows), focal, width, height)

    def view(self, points: Array) -> Array:
        """World points (..., 3) in the camera's (right, down, forward) axes, metres."""
        return (points - self.place) @ self.rotation.T

    def project(self, points: Array) -> tuple[Array, Array]:
        """Pixels (..., 2) of world points, (0, 0) the first pixel's centre, and depths (...)."""
        seen = self.view(points)
        depth = np.maximum(seen[..., 2], 0.05)
        middle = np.array([self.width - 1, self.height - 1]) / 2
        return self.focal * seen[..., :2] / depth[..., None] + middle, depth


@dataclass
class Solids:
    """Parts of one image, in world metres: ends (P, 3), radii (P, 2), front (P, 3), flat (P,);
    `owner` (P,) is the number of the person to whom the part belongs (-1: nobody), `texture`
    (P, ROWS, COLUMNS) indexes the colours of `palette` (C, 3)."""

    start: Array
    end: Array
    radii: Array
    front: Array
    flat: Array
    owner: NDArray[np.int8]
    texture: NDArray[np.int16]
    palette: NDArray[np.uint8]

    @staticmethod
    def join(groups: list["Solids"]) -> "Solids":
        """All the parts of `groups` together."""
        arrays = {
            field.name: np.concatenate([getattr(group, field.name) for group in groups])
            for field in fields(Solids)
        }
        first = np.cumsum([0, *(len(group.palette) for group in groups)])
        arrays["texture"] = np.concatenate(
            [group.texture + np.int16(f) for group, f in zip(groups, first[:-1], strict=True)]
        )
        return Solids(**arrays)


class Buffer:
    """The nearest surface at each fine pixel of `box`, the region of the image with solids in it.

    `box` holds rows and columns of the image; `depth` is in metres (FAR where there is no surface),
    `part` is the part's number (-1), both at SCALE times the resolution.
    """

    def __init__(self, camera: Camera, solids: Solids) -> None:
        self.solids, self.camera = solids, camera
        rows = self._prepare()
        shown = rows[(rows[:, 2] > rows[:, 0]) & (rows[:, 3] > rows[:, 1])]
        left, top = shown[:, :2].min(0, initial=1e9), shown[:, 2:4].max(0, initial=0)
        left, top = np.minimum(left // SCALE, top // SCALE), -(-top // SCALE)
        self.box = slice(int(left[1]), int(top[1])), slice(int(left[0]), int(top[0]))
        shape = [SCALE * (side.stop - side.start) for side in self.box]
        self.depth = np.full(shape, FAR)
        self.part = np.full(shape, -1, np.int16)
        self._surface = np.empty((4, *shape), np.float32)
        # Outside a part, the root of a negative number gives NaN, which wins no comparison.
        with np.errstate(invalid="ignore"):
            self._paint(shown)

    def _prepare(self) -> NDArray[np.float32]:
        """One row per part: its box and all that is needed to paint a pixel, in fine pixels."""
        solids, camera = self.solids, self.camera
        start, end = camera.view(solids.start), camera.view(solids.end)
        near, far = np.maximum(start[:, 2:], 0.1), np.maximum(end[:, 2:], 0.1)
        focal = camera.focal * SCALE
        limit = np.array([camera.width, camera.height]) * SCALE
        slant = start[:, :2] / near, end[:, :2] / far
        origin, tip = (focal * s + (limit - 1) / 2 for s in slant)
        size = 0.5 * (near + far) / focal  # metres per fine pixel
        way = np.concatenate([tip - origin, (far - near) / size], axis=1)
        # The part's own axes as seen along this ray, where perspective is a shear.
        front = solids.front @ camera.rotation.T + 1e-4  # never quite along the axis
        front[:, :2] -= front[:, 2:] * 0.5 * (slant[0] + slant[1])
        axis = unit(way)
        front = unit(front - (front * axis).sum(-1, keepdims=True) * axis)
        side = cross(axis, front)
        press = (
            np.eye(3) + (1 / solids.flat - 1)[:, None, None] * front[:, :, None] * front[:, None]
        )
        # In the flattened space the part is round; e3 is the ray there, e1 the axis seen along it.
        stretch = np.sqrt((press[:, 2] ** 2).sum(-1, keepdims=True))
        e3 = press[:, 2] / stretch
        bent = (press @ way[..., None])[..., 0]
        rise = (bent * e3).sum(-1, keepdims=True)
        plane = bent - rise * e3
        length = np.sqrt((plane**2).sum(-1, keepdims=True))
        spare = cross(e3, np.where(np.abs(e3[:, :1]) < 0.8, (1.0, 0, 0), (0, 1.0, 0)))
        e1 = unit(np.where(length > 1e-3, plane, spare))
        length = np.maximum(length, 1e-3)
        frame = np.stack([e1, cross(e3, e1), e3], axis=1)
        slope = frame @ press[:, :, :2]
        offset = -(slope @ origin[:, :, None])[..., 0]
        radii = solids.radii / size
        own = np.stack([side, front, axis], axis=1)
        # Converts a normal in the flattened space to (side, front, axis) of the true part.
        self._own = own @ frame.transpose(0, 2, 1)
        self._own[:, 1] /= solids.flat[:, None]
        self._axes = own
        long = np.sqrt((way**2).sum(-1))
        whole = long + radii.sum(-1)
        self._down = np.stack([radii[:, 0] / whole, long / whole, radii.mean(-1) / whole], axis=-1)
        reach = radii.max(-1, keepdims=True) * np.maximum(1, solids.flat[:, None]) + 1
        low = np.floor(np.minimum(origin, tip) - reach).clip(0, limit)
        high = np.ceil(np.maximum(origin, tip) + reach + 1).clip(0, limit)
        hidden = (start[:, 2] < 0.3) | (end[:, 2] < 0.3) | (radii.max(-1) < 0.3)
        high[hidden] = low[hidden]
        sine = rise / np.sqrt(rise**2 + length**2)
        number = np.arange(len(start))[:, None]
        size /= stretch
        planes = np.concatenate([offset[:, None], slope.transpose(0, 2, 1)], axis=1)
        planes[:, :, 2] *= -size
        planes[:, 0, 2:] += near
        columns = (low, high, planes.reshape(-1, 9), length, rise, sine, radii, size, number)
        return np.concatenate(columns, axis=1).astype(np.float32)

    def _paint(self, rows: NDArray[np.float32]) -> None:
        down, across = (SCALE * side.start for side in self.box)
        xs = np.arange(across, across + self.depth.shape[1], dtype=np.float32)
        ys = np.arange(down, down + self.depth.shape[0], dtype=np.float32)
        slopes = rows[:, 4:13].reshape(-1, 3, 3, 1)  # constant, x and y terms of three planes
        for row, slope in zip(rows.tolist(), slopes, strict=True):
            left, top, right, bottom = (int(edge) for edge in row[:4])
            length, rise, sine, first, last, size, number = row[13:]
            box = slice(top - down, bottom - down), slice(left - across, right - across)
            # Along the axis, across it, and the depth of the plane through the start.
            plane = (slope[1] * xs[box[1]] + slope[0])[:, None] + (slope[2] * ys[box[0]])[..., None]
            u, d, depth = plane
            t = u * (1 / length)
            np.maximum(t, 0, out=t)
            np.minimum(t, 1, out=t)
            t *= last - first
            t += first
            t *= t
            square = t - d * d
            deep = np.sqrt(square)
            deep *= -sine / length
            np.multiply(u, 1 / length, out=t)
            t += deep
            np.maximum(t, 0, out=t)
            np.minimum(t, 1, out=t)
            u -= t * length
            square -= u * u
            np.sqrt(square, out=deep)
            depth += t * (rise * size)
            depth -= deep * size
            wins = depth < self.depth[box]
            np.copyto(self.depth[box], depth, where=wins)
            np.copyto(self.part[box], int(number), where=wins)
            for surface, value in zip(self._surface, (u, d, deep, t), strict=True):
                np.copyto(surface[box], value, where=wins)

    def owners(self) -> NDArray[np.int8]:
        """The owner of the part at each fine pixel of the box; -1 for nobody."""
        return np.append(self.solids.owner, np.int8(-1))[self.part]

    def shade(self, light: Array, ambient: float, tint: Array) -> NDArray[np.uint8]:
        """The box's pixels (h, w, 4): colour times coverage, and coverage, both 0..255.

        `light` (3,) points from the scene to the lamp in camera axes; `tint` (3,) colours it.
        """
        high, wide = (side.stop - side.start for side in self.box)
        flat = np.flatnonzero(self.part >= 0)
        if not flat.size:
            return np.zeros((high, wide, 4), np.uint8)
        part = self.part.ravel()[flat]
        u, d, deep, t = self._surface.reshape(4, -1)[:, flat]
        # Per part: rows from (u, d, deep) to side, front, axis; lamp; place along the axis; flat.
        table = np.concatenate(
            [(self._own * (1, 1, -1)).reshape(-1, 9), self._axes @ unit(light), self._down,
             self.solids.flat[:, None]], axis=1
        )  # fmt: skip
        row = np.take(np.ascontiguousarray(table.T, np.float32), part, axis=1)
        side, front, axis = (row[i] * u + row[i + 1] * d + row[i + 2] * deep for i in (0, 3, 6))
        size = 1 / np.sqrt(side * side + front * front + axis * axis + 1e-9)
        bright = np.maximum((row[9] * side + row[10] * front + row[11] * axis) * size, 0)
        bright *= 1.15 - 1.15 * ambient
        bright += ambient
        bright *= 0.72 + 0.28 * deep * size
        angle = cv2.phase(-front * row[15], -side)[:, 0] * (COLUMNS / (2 * np.pi))
        down = (row[12] + row[13] * t + row[14] * axis * size) * ROWS
        place = np.clip(down, 0, ROWS - 1).astype(np.int32) * COLUMNS
        place += np.minimum(angle, COLUMNS - 1).astype(np.int32)
        place += part * np.int32(ROWS * COLUMNS)
        palette = np.full((len(self.solids.palette), 4), 255, np.float32)
        palette[:, :3] = self.solids.palette * tint
        colour = np.take(palette, np.take(self.solids.texture.ravel(), place), axis=0)
        colour *= bright[:, None]
        np.minimum(colour, 255, out=colour)
        colour[:, 3] = 255
        fine = np.zeros(self.part.size, np.uint32)  # four bytes per pixel: colour and coverage
        fine[flat] = colour.astype(np.uint8).view(np.uint32)[:, 0]
        layers = fine.view(np.uint8).reshape(*self.part.shape, 4)
        return np.asarray(cv2.resize(layers, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)

"""The studio: one room, one camera, and performances of Human3.6M's actions in it."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from posequery.jobs.seeds import generator as seeded
from posequery.sources.rendered.anatomy import Array, PosedBodies, pose_bodies
from posequery.sources.rendered.backdrops import studio_room
from posequery.sources.rendered.bodies import Body
from posequery.sources.rendered.motions import motion
from posequery.sources.rendered.painting import Buffer, Camera
from posequery.sources.rendered.scenes import Cast, Light, paint, prop_solids

SIZE = (320, 320)
"""Width and height in pixels."""
_LIGHT = Light(np.array([0.35, -0.6, 1.0]), 0.5, np.array([1.0, 0.98, 0.94]))
_NOISE = 1.5  # grey levels
_SLACK = 128  # pixels by which the noise image is larger: each frame takes a different crop
_COMPANION = np.array([0.35, 0.75])  # metres to the right and further back


class Studio:
    """A fixed room and a fixed camera with images of `SIZE` and Human3.6M's field of view. The
    camera stands 4 m from the centre, so that people take up about half the height."""

    def __init__(self) -> None:
        width, height = SIZE
        place, target = np.array([0.0, -4.0, 1.5]), np.array([0.0, 0.0, 0.92])
        self.camera = Camera.aimed(place, target, 1.145 * width, width, height)
        self.room = studio_room(self.camera)
        shape = height + _SLACK, width + _SLACK, 1
        grain = seeded("rendered", "grain").standard_normal(shape, np.float32)
        self._grain = np.repeat(_NOISE * grain, 3, axis=2)

    def perform(
        self, bodies: list[Body], action: str, generator: np.random.Generator, seconds: Array
    ) -> Iterator[tuple[Cast, NDArray[np.uint8], Buffer]]:
        """The cast, image and depth buffer at each of `seconds` (n,).

        bodies[1] is the companion, where the action has one.
        """
        pose, props, busy = motion(action, generator, seconds)
        groups = [pose_bodies(bodies[:1], pose)]
        if "companion" in props:
            other, _, _ = motion(action, generator, seconds)
            other.place, other.yaw = pose.place + _COMPANION, pose.yaw
            groups.append(pose_bodies(bodies[1:2], other))
        for number, second in enumerate(seconds):
            cast = Cast(bodies[: len(groups)], PosedBodies.gather(groups, number))
            extra = prop_solids(cast, props, float(pose.yaw[number]), busy, float(second))
            image = self.room.copy()
            buffer = paint(self.camera, cast, extra, image, _LIGHT)
            down, right = generator.integers(0, _SLACK, 2)
            high, wide = image.shape[:2]
            grain = self._grain[down : down + high, right : right + wide]
            yield cast, np.asarray(cv2.add(image, grain, dtype=cv2.CV_8U), np.uint8), buffer

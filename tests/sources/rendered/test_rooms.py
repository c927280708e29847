"""Rooms: what a camera sees where, and colours."""

import numpy as np
import pytest

from posequery.jobs import seeds
from posequery.sources.rendered import rooms
from posequery.sources.rendered.painting import Camera
from posequery.sources.rendered.rooms import muted, room


def test_most_muted_colours_are_nearly_grey_and_of_any_brightness():
    colours = muted(seeds.generator("colours"), 4000)
    assert colours.min() >= 0 and colours.max() <= 255
    chroma = np.ptp(colours, axis=1) / colours.max(axis=1)
    assert np.median(chroma) < 0.3 and np.quantile(chroma, 0.95) > 0.5
    assert np.quantile(colours.max(axis=1), [0.1, 0.9]) == pytest.approx([43, 232], abs=6)


@pytest.mark.parametrize("number", range(6))
def test_a_camera_sees_the_floor_below_its_horizon_and_nothing_else_there(monkeypatch, number):
    """With one colour for the floor and none elsewhere, by projecting a point of the floor."""
    monkeypatch.setattr(rooms, "_furniture", lambda *_: None)
    monkeypatch.setattr(
        rooms, "_floor", lambda _: np.full((rooms.SIDE,) * 2 + (3,), 200, np.float32)
    )
    for name in ("_wall", "_sky"):
        black = np.zeros((rooms.SIDE, rooms.SIDE, 3), np.float32)
        monkeypatch.setattr(rooms, name, lambda *_, black=black, **__: black)
    generator = seeds.generator("room", number)
    place = np.array([*generator.uniform(-6, 6, 2), generator.uniform(0.5, 2.5)])
    camera = Camera.aimed(place, np.array([0, 0, 0.9]), 90.0, 96, 64, roll=0.1)
    image = room(generator, camera)
    assert image.shape == (64, 96, 3) and image.dtype == np.float32
    # The origin's floor, and all within a metre of it, is in every room.
    disc = generator.uniform(-0.8, 0.8, (200, 3)) * (1, 1, 0)
    pixels, depth = camera.project(disc)
    column, row = pixels.round().astype(int).T
    seen = (depth > 0.1) & (column >= 0) & (column < 96) & (row >= 0) & (row < 64)
    assert seen.any() and (image[row[seen], column[seen]] > 50).all()
    # Above the horizon no ray ever meets it.
    rise = rooms.rays(camera, 1)[..., 2]
    assert (image[rise > 0] == 0).all()


def test_the_same_generator_gives_the_same_room():
    camera = Camera.aimed(np.array([0, -4, 1.5]), np.array([0, 0, 0.9]), 90.0, 64, 64)
    first, again, other = (room(seeds.generator("room", n), camera) for n in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)

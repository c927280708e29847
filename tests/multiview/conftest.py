"""Four cameras around a scene."""

import numpy as np
import pytest


def _aimed(place, target, focal=1500.0, centre=(540.0, 960.0)):
    forward = (target - place) / np.linalg.norm(target - place)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    turn = np.stack([right, np.cross(forward, right), forward])
    lens = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    return lens @ np.column_stack([turn, -turn @ place])


@pytest.fixture(scope="session")
def rig():
    """(4, 3, 4): cameras 4 m from (0, 0, 1), 1.5 m high, at uneven angles."""
    angles = np.deg2rad([10, 80, 170, 265])
    places = np.stack([4 * np.cos(angles), 4 * np.sin(angles), np.full(4, 1.5)], axis=1)
    return np.stack([_aimed(place, np.array([0, 0, 1.0])) for place in places])

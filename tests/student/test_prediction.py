"""Highest peaks and parsed people, distinguished by a network that knows two people."""

import numpy as np
import pytest
import torch
from torch import nn

from posequery.skeletons import JOINTS
from posequery.student import pixels, targets
from posequery.student.prediction import predict

SIDE, SIZE = 128, (256, 512)
GRID = SIDE // 4


class TwoPeople(nn.Module):
    """Returns the same two people's maps and fields for every frame; the first one peaks higher."""

    def __init__(self, people: np.ndarray) -> None:
        super().__init__()
        cells = pixels.to_grid(people, GRID, np.tile(SIZE, (len(people), 1)))
        self.people = nn.Parameter(torch.from_numpy(cells))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = [targets.confidence_maps(one[None, None], GRID, 0.8) for one in self.people]
        both = torch.maximum(maps[0], 0.5 * maps[1])
        fields = targets.affinity_fields(self.people[None], GRID, 0.8)
        repeat = (len(images), 1, 1, 1)
        return both.repeat(repeat), fields.repeat(repeat)


@pytest.fixture
def people() -> np.ndarray:
    """Two people (2, 18, 2) in source pixels, side by side; the second lacks the right ankle.

    No two peaks of the same joint are in each other's window.
    """
    x = np.array([60, 70, 50, 80, 40, 90, 30, 95, 25, 100, 20, 80, 40, 80, 40, 80, 40, 60])
    y = np.array([30, 20, 20, 30, 30, 90, 90, 170, 170, 250, 250, 260, 260, 350, 350, 440, 440, 80])
    # Away from the border, where upstream's refinement pulls a peak outwards.
    first = np.stack([x, 60 + 0.8 * y], axis=1).astype(np.float32)
    second = first + np.float32([130, 20])
    second[16] = np.nan
    return np.stack([first, second])


def test_joints_are_the_highest_peaks_and_parsed_is_the_nearest_person(
    people: np.ndarray,
) -> None:
    frames = np.zeros((40, SIDE, SIDE, 3), np.uint8)
    reference = np.repeat(people[1:], 40, axis=0)
    reference[5:10] = people[0]
    found = predict(TwoPeople(people), frames, np.tile(SIZE, (40, 1)), reference)
    cell = np.array(SIZE) / GRID
    known = np.isfinite(people).all(axis=2)
    assert (abs(found.joints - people[0]) <= cell / 2).all()
    for frame in (0, 39):
        assert (np.isfinite(found.parsed[frame]).all(axis=1) == known[1]).all()
        off = abs(found.parsed[frame] - people[1])[known[1]]
        assert (off <= cell / 2).all()
    assert (abs(found.parsed[5] - people[0]) <= cell / 2).all()


def test_without_a_reference_nothing_is_parsed(people: np.ndarray) -> None:
    frames = np.zeros((3, SIDE, SIDE, 3), np.uint8)
    found = predict(TwoPeople(people), frames, np.tile(SIZE, (3, 1)))
    assert np.isnan(found.parsed).all()
    assert found.parsed.shape == (3, len(JOINTS), 2)

"""COCO's evaluator on what the parser finds, with a network that knows the answer."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from posequery.skeletons import JOINTS, from_coco
from posequery.sources.coco import evaluation
from posequery.student import pixels, targets
from posequery.student.average_precision import average_precision

SIDE = 128
"""Side of the network's input: the maps have 32 cells."""
SIZE = (96, 128)
"""Width and height of the images."""


def person(left: float, top: float) -> np.ndarray:
    """COCO keypoints (17, 3) of a person about 100 pixels tall, all joints visible."""
    x = [20, 24, 16, 28, 12, 32, 8, 38, 4, 42, 0, 28, 12, 30, 10, 32, 8]
    y = [4, 0, 0, 4, 4, 22, 22, 40, 40, 56, 56, 58, 58, 80, 80, 100, 100]
    return np.stack([np.add(x, left), np.add(y, top), np.full(17, 2)], axis=1).astype(float)


class Oracle(nn.Module):
    """Returns the maps and fields of the images' people, in the order of the calls."""

    def __init__(self, people: list[np.ndarray], off: float) -> None:
        super().__init__()
        self.parameter = nn.Parameter(torch.zeros(()))
        self._people, self._off, self._next = people, off, 0

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        several = self._people[self._next : self._next + len(images)]
        self._next += len(images)
        most = max(len(each) for each in several)
        joints = np.full((len(several), most, 18, 2), np.nan, np.float32)
        for place, each in enumerate(several):
            if len(each):
                sizes = np.tile(SIZE, (len(each), 1))
                grid = pixels.to_grid(from_coco(each)[0] + self._off, SIDE // 4, sizes)
                joints[place, : len(each)] = grid
        cells = torch.from_numpy(joints)
        return targets.confidence_maps(cells, SIDE // 4, 0.8), targets.affinity_fields(
            cells, SIDE // 4, 0.8
        )


@pytest.fixture
def dataset(tmp_path: Path) -> tuple[Path, list[np.ndarray]]:
    """Three images: one person, nobody, two people."""
    people = [[person(30, 10)], [], [person(2, 15), person(50, 20)]]
    images, rows = [], []
    for number, several in enumerate(people, start=1):
        name = f"{number:012d}.jpg"
        cv2.imwrite(str(tmp_path / name), np.full((*SIZE[::-1], 3), 90, np.uint8))
        images.append({"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
        for each in several:
            box = [*each[:, :2].min(axis=0), *np.ptp(each[:, :2], axis=0)]
            row = {"id": len(rows) + 1, "image_id": number, "category_id": 1, "iscrowd": 0}
            row |= {"keypoints": each.ravel().tolist(), "num_keypoints": 17}
            rows.append(row | {"bbox": [float(b) for b in box], "area": float(box[2] * box[3])})
    category = {"id": 1, "name": "person", "keypoints": list(JOINTS[:17])}
    content = {"images": images, "annotations": rows, "categories": [category]}
    path = tmp_path / "person_keypoints_val.json"
    path.write_text(json.dumps(content))
    return path, [np.array(several).reshape(-1, 17, 3) for several in people]


def test_an_oracle_has_full_precision_and_recall(dataset: tuple[Path, list[np.ndarray]]) -> None:
    path, people = dataset
    metrics = average_precision(Oracle(people, off=0), SIDE, *evaluation(path, path.parent))
    assert metrics["AP50"] == pytest.approx(1)
    assert metrics["AR50"] == pytest.approx(1)
    assert metrics["AP"] > 0.9


def test_a_network_that_is_far_off_scores_near_zero(dataset: tuple[Path, list[np.ndarray]]) -> None:
    path, people = dataset
    metrics = average_precision(Oracle(people, off=40), SIDE, *evaluation(path, path.parent))
    assert metrics["AP"] < 0.1


def test_a_network_that_finds_nobody_scores_zero(dataset: tuple[Path, list[np.ndarray]]) -> None:
    path, people = dataset
    none = [each[:0] for each in people]
    assert set(
        average_precision(Oracle(none, 0), SIDE, *evaluation(path, path.parent)).values()
    ) == {0.0}

"""Predicted joints as CSV and in COCO's format."""

import contextlib
import io
import json

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from posequery.prediction.tables import write_coco, write_csv
from posequery.sources import coco_annotations


@pytest.fixture
def poses():
    """Three frames: all joints seen, the nose and the left eye, none."""
    drawn = np.random.default_rng(3).uniform(5, 40, (3, 18, 3)).astype(np.float32)
    drawn[..., 2] = 0.5
    drawn[1, :, 2], drawn[2, :, 2] = 0.01, 0.01
    drawn[1, :2] = [10, 20, 0.4], [13, 16, 0.6]
    return drawn


@pytest.fixture
def coco(tmp_path, poses):
    path = tmp_path / "joints.json"
    write_coco(path, poses, np.array([0, 0.04, 0.08]), (64, 48), "film_{:03d}.jpg".format)
    return path


def test_the_csv_has_every_joint(tmp_path, poses):
    write_csv(tmp_path / "joints.csv", poses, np.array([0, 0.04, 0.08]))
    lines = (tmp_path / "joints.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 * 18
    assert lines[0] == "frame,seconds,joint,x,y,peak"
    assert lines[19] == "1,0.040000,nose,10.000,20.000,0.400000"
    assert lines[-1].startswith("2,0.080000,neck,")


def test_an_annotation_has_the_joints_that_are_seen(coco):
    made = json.loads(coco.read_text())
    assert [row["id"] for row in made["images"]] == [1, 2, 3]
    assert made["images"][1] == {
        "id": 2,
        "file_name": "film_001.jpg",
        "width": 64,
        "height": 48,
        "frame": 1,
        "seconds": 0.04,
    }
    assert [row["image_id"] for row in made["annotations"]] == [1, 2]
    second = made["annotations"][1]
    assert second["keypoints"] == [10, 20, 2, 13, 16, 2] + [0] * 45
    assert second["num_keypoints"] == 2 and second["category_id"] == 1
    assert second["bbox"] == [10, 16, 3, 4] and second["area"] == 12
    assert second["score"] == 0.5
    assert made["annotations"][0]["num_keypoints"] == 17


def test_the_category_is_cocos_own(coco):
    (category,) = json.loads(coco.read_text())["categories"]
    assert category["keypoints"][:6] == (
        ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder"]
    )
    assert len(category["keypoints"]) == 17 and "neck" not in category["keypoints"]
    published = (
        "16-14 14-12 17-15 15-13 12-13 6-12 7-13 6-7 6-8 7-9 8-10 9-11 2-3 1-2 1-3 2-4 3-5 4-6 5-7"
    )
    known = [[int(joint) for joint in pair.split("-")] for pair in published.split()]
    assert category["skeleton"] == known and len(known) == 19


def test_cocos_own_reader_and_evaluator_take_it_as_truth_and_as_results(coco):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(coco))
        results = truth.loadRes(json.loads(coco.read_text())["annotations"])
        evaluation = COCOeval(truth, results, "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == 1


def test_our_own_reader_of_cocos_files_takes_it(coco, poses):
    read = coco_annotations.read(coco)
    assert [image.name for image in read.images] == [f"film_00{n}.jpg" for n in range(3)]
    np.testing.assert_allclose(read.people[0].keypoints[:, :2], poses[0, :17, :2], atol=1e-3)


def test_frames_without_a_person_leave_a_list_without_annotations(tmp_path, poses):
    path = tmp_path / "joints.json"
    write_coco(path, poses[2:], np.zeros(1), (64, 48), str)
    made = json.loads(path.read_text())
    assert len(made["images"]) == 1 and made["annotations"] == []

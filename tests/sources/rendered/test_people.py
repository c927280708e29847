"""The images and annotations of people, read back as COCO."""

import errno
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from posequery import skeletons
from posequery.jobs.files import BadInput
from posequery.sources.rendered.people import write_people


@pytest.fixture(scope="module", params=["generic", "rooms", "studio"])
def coco(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("coco") / request.param
    count = {"generic": 120, "rooms": 60, "studio": 30}[request.param]
    write_people(root, count, size=96, seed=3, domain=request.param)
    file = root / "annotations" / "person_keypoints_train2017.json"
    return request.param, root, json.loads(file.read_text())


def test_the_annotations_are_cocos(coco):
    domain, root, data = coco
    assert f"rendered people, domain {domain}" in data["info"]["description"]
    (person,) = data["categories"]
    assert person["keypoints"] == list(skeletons.JOINTS[:17])
    assert len(person["skeleton"]) == 19
    assert np.min(person["skeleton"]) == 1
    assert np.max(person["skeleton"]) == 17
    names = [image["file_name"] for image in data["images"]]
    assert names == [f"{number:012d}.jpg" for number in range(1, len(names) + 1)]
    for image in data["images"][:5]:
        pixels = cv2.imread(str(root / "train2017" / image["file_name"]))
        height, width = image["height"], image["width"]
        assert pixels.shape == (height, width, 3)
        assert 0.95 * 96**2 < height * width < 1.05 * 96**2
        assert (height == width) == (domain == "studio") and 0.56 < height / width < 1.79
    ids = [row["id"] for row in data["annotations"]]
    assert len(set(ids)) == len(ids)


def test_keypoints_are_consistent(coco):
    _, _, data = coco
    sizes = {image["id"]: (image["width"], image["height"]) for image in data["images"]}
    for row in data["annotations"]:
        points = np.array(row["keypoints"]).reshape(17, 3)
        assert row["num_keypoints"] == (points[:, 2] > 0).sum()
        assert set(points[:, 2]) <= {0, 1, 2}
        assert (points[points[:, 2] == 0] == 0).all()
        labelled = points[points[:, 2] > 0, :2]
        assert (labelled > -0.51).all()
        assert (labelled < np.array(sizes[row["image_id"]]) - 0.49).all()
        left, top, wide, high = row["bbox"]
        assert 0 < row["area"] <= wide * high
        shown = points[points[:, 2] == 2, :2] + 0.5
        assert (shown > (left - 1.5, top - 1.5)).all()
        assert (shown < (left + wide + 1.5, top + high + 1.5)).all()
        assert row["category_id"] == 1
        assert row["iscrowd"] == 0


def test_generic_people_are_cut_covered_and_some_unlabelled(coco):
    domain, _, data = coco
    visibility = np.array([row["keypoints"] for row in data["annotations"]]).reshape(-1, 17, 3)[
        ..., 2
    ]
    labelled = (visibility > 0).sum(1)
    assert np.mean(visibility[:, 5:] == 2) > 0.5
    assert np.mean(visibility[:, 5:] == 1) > 0.03
    assert (labelled == 0).any() == (domain == "generic")
    if domain == "studio":
        assert (labelled >= 12).all()
    else:
        assert np.mean(visibility[:, 15:] == 0) > 0.03


def test_rooms_are_less_colourful_than_generic_scenes(tmp_path):
    saturation = {}
    for domain in ("generic", "rooms"):
        write_people(tmp_path / domain, 40, size=64, domain=domain)
        images = [cv2.imread(str(file)) for file in (tmp_path / domain / "train2017").iterdir()]
        hsv = [cv2.cvtColor(image, cv2.COLOR_BGR2HSV) for image in images]
        saturation[domain] = np.mean([image[..., 1].mean() for image in hsv])
    assert saturation["rooms"] < 0.7 * saturation["generic"]


@pytest.mark.parametrize("domain", ["generic", "rooms"])
def test_each_image_depends_only_on_its_number(tmp_path, domain):
    for name, count, seed in (("few", 2, 1), ("more", 4, 1), ("other", 2, 2)):
        write_people(tmp_path / name, count, size=64, seed=seed, domain=domain)
    file = "train2017/000000000002.jpg"
    few = (tmp_path / "few" / file).read_bytes()
    assert few == (tmp_path / "more" / file).read_bytes()
    assert few != (tmp_path / "other" / file).read_bytes()


def test_the_same_seed_gives_the_same_annotations_and_replaces_an_older_folder(tmp_path):
    texts = []
    for count in (3, 2, 2):
        write_people(tmp_path / "x", count, size=64, seed=1, domain="studio")
        file = tmp_path / "x" / "annotations" / "person_keypoints_train2017.json"
        texts.append(file.read_bytes())
    assert texts[1] == texts[2] != texts[0]
    assert len(list((tmp_path / "x" / "train2017").iterdir())) == 2


def test_a_full_disk_leaves_no_set_without_images(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_people(tmp_path / "x", 2, size=64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"domain": "outdoor"}, "there is no domain 'outdoor'. Use generic, rooms, studio"),
        ({"count": 0}, "0 images of 128 pixels"),
        ({"size": 8}, "2 images of 8 pixels"),
    ],
)
def test_what_cannot_be_written_is_reported(tmp_path, change, message):
    with pytest.raises(BadInput, match=message):
        write_people(tmp_path / "x", **{"count": 2, **change})
    assert list(tmp_path.iterdir()) == []

"""A training set file: images with their people come back as they were written."""

from pathlib import Path

import numpy as np
import pytest

from posequery import training_sets
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.training_sets import Image, Images


def an_image(number: int, people: int, boxes: int) -> Image:
    random = np.random.default_rng(number)
    joints = random.uniform(0, 60, (people, 18, 2)).astype(np.float32)
    around = random.uniform(0, 60, (boxes, 4)).astype(np.float32)
    return Image(random.integers(0, 255, 9 * number, np.uint8), joints, around)


def test_images_come_back(tmp_path: Path) -> None:
    written = [an_image(number, *counts) for number, counts in enumerate([(1, 0), (0, 2), (3, 1)])]
    assert training_sets.write(tmp_path / "set.h5", iter(written), JOINTS[5:]) == 3
    found = Images(tmp_path / "set.h5")
    assert found.labelled == set(JOINTS[5:])
    for one, other in zip(written, found, strict=True):
        for name in ("jpeg", "people", "boxes"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name


def opened(path: Path) -> int:
    """How often this process has a file open."""
    links = Path("/proc/self/fd")
    return sum(link.readlink() == path for link in links.iterdir() if link.is_symlink())


def test_a_training_set_is_closed_also_where_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.h5"
    for images, labelled in (([], JOINTS), ([an_image(1, 1, 0)], ["tail"])):
        training_sets.write(path, images, labelled)
        with pytest.raises(BadInput, match="holds no image|it labels tail"):
            Images(path)
        assert not opened(path)
    training_sets.write(path, [an_image(1, 1, 0)])
    found = Images(path)
    assert opened(path) == 1
    found.close()
    assert not opened(path)


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        training_sets.write(tmp_path / name, [an_image(2, 1, 1)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    def failing():
        yield an_image(1, 1, 1)
        raise BadInput("image.jpg", "is broken", "Copy it again")

    with pytest.raises(BadInput, match=r"image\.jpg"):
        training_sets.write(tmp_path / "set.h5", failing())
    assert list(tmp_path.iterdir()) == []

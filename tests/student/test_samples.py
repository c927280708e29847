from pathlib import Path

import cv2
import numpy as np
import pytest
from edited import edited

from posequery import training_sets
from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.student.samples import StreamFrames, TrainingSet
from posequery.training_sets import Image


def write(path: Path, labelled: tuple[str, ...] = JOINTS, second: np.ndarray | None = None) -> Path:
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 2] = 255  # OpenCV's third is red
    data = cv2.imencode(".jpg", image)[1].ravel()
    people = np.arange(3 * 18 * 2, dtype=np.float32).reshape(3, 18, 2)
    boxes = np.array([[1, 2, 3, 4]], np.float32)
    second = data if second is None else second
    images = [Image(data, people[:1], boxes), Image(second, people[1:], boxes[:0])]
    training_sets.write(path, images, labelled)
    return path


def test_a_training_set_gives_images_with_their_people_and_boxes(tmp_path: Path) -> None:
    samples = TrainingSet(write(tmp_path / "set.h5"))
    assert len(samples) == 2
    first, second = samples[0], samples[1]
    assert first.image.shape == (20, 30, 3)
    assert first.image[5, 5].tolist() == pytest.approx([254, 0, 0], abs=2)
    assert first.people.shape == (1, 18, 2)
    assert first.boxes.tolist() == [[1, 2, 3, 4]]
    assert second.people[1, 17, 1] == 107
    assert second.boxes.shape == (0, 4)
    assert not first.unlabelled.any()


def test_a_broken_training_set_is_refused(tmp_path: Path) -> None:
    missing = tmp_path / "no.h5"
    with pytest.raises(BadInput, match="no such training set"):
        TrainingSet(missing)
    whole = write(tmp_path / "set.h5").read_bytes()
    half = tmp_path / "half.h5"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="half.h5: not a valid training set"):
        TrainingSet(half)
    training_sets.write(tmp_path / "empty.h5", [])
    with pytest.raises(BadInput, match=r"empty.h5: holds no image"):
        TrainingSet(tmp_path / "empty.h5")
    other = write(tmp_path / "other.h5")
    with edited(other) as file:
        file.attrs["joints"] = list(JOINTS[:17])
    with pytest.raises(BadInput, match="its joints are"):
        TrainingSet(other)
    with pytest.raises(BadInput, match="it labels tail, no joint of its"):
        TrainingSet(write(tmp_path / "tail.h5", labelled=("nose", "tail")))


def test_what_a_dataset_never_labels_is_not_trained_as_absent(tmp_path: Path) -> None:
    samples = TrainingSet(write(tmp_path / "set.h5", labelled=JOINTS[5:]))
    assert samples[0].unlabelled.tolist() == [True] * 5 + [False] * 13


def test_an_image_that_is_not_a_jpeg_is_reported(tmp_path: Path) -> None:
    for size in (0, 10):
        path = write(tmp_path / f"{size}.h5", second=np.zeros(size, np.uint8))
        with pytest.raises(BadInput, match="image 1 is not a JPEG"):
            TrainingSet(path)[1]


def test_a_streams_frames_have_one_person_in_their_own_pixels(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, 1, 1, 3)).astype(np.uint8)
    frames = frames.repeat(16, axis=1).repeat(16, axis=2)
    info = ClipInfo("a", "S1", "Walking", 1, "c", 5, 5.0, 320, 240, 16, "a.mp4")
    with ClipWriter(tmp_path / "a.h5") as writer:
        for frame in frames:
            writer.append(frame)
        writer.close(info, None)
    write_index(tmp_path / "stream.json", [tmp_path / "a.h5"])
    stream = Stream(tmp_path / "stream.json")
    joints = np.full((2, 18, 2), np.nan, np.float32)
    joints[1, 5] = 319.5, 239.5
    samples = StreamFrames(stream, np.array([4, 2]), joints)
    assert len(samples) == 2
    np.testing.assert_allclose(samples[0].image.astype(int), frames[4], atol=6)
    np.testing.assert_allclose(samples[1].image.astype(int), frames[2], atol=6)
    assert samples[0].unlabelled.all()
    np.testing.assert_allclose(samples[1].people[0, 5], 15.5)
    assert samples[1].unlabelled.tolist() == [joint != 5 for joint in range(18)]
    assert samples[1].boxes.shape == (0, 4)
    with pytest.raises(ValueError, match="2 frames, 1 labels"):
        StreamFrames(stream, np.array([4, 2]), joints[:1])

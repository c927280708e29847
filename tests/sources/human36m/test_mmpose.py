import zipfile

import miniature
import numpy as np
import pytest
from miniature import CAMERAS, KEPT_BY_MMPOSE, pose, write_npz

from posequery.jobs.files import BadInput
from posequery.skeletons import from_human36m
from posequery.sources.human36m import mmpose
from posequery.sources.human36m.mmpose import annotation, annotation_path, video_path

EATING = ("S1", "Eating 2", "54138969")


def test_the_layout():
    assert str(video_path("a b", *EATING)) == "a b/images/S1/S1_Eating_2.54138969"
    for subject, split in (("S8", "train"), ("S9", "test"), ("S11", "test")):
        path = annotation_path("x", subject, "Eating", CAMERAS[0])
        assert str(path) == f"x/annotation_body3d/fps50/h36m_{split}.npz"


def names(subject, stem, camera, frames):
    name = f"{subject}_{stem}.{camera}".replace(" ", "_")
    return [f"{subject}/{name}/{name}_{frame:06d}.jpg" for frame in frames]


@pytest.fixture
def npz(tmp_path):
    """Four cameras of two sequences of 5 and 7 frames; row r's positions are pose()'s plus 100 r"""
    listed = [
        name
        for stem, count in (("Eating 2", 5), ("Eating", 7))
        for camera in CAMERAS
        for name in names("S1", stem, camera, range(1, count + 1))
    ]
    offsets = 100 * np.arange(len(listed))[:, None, None]
    positions = pose(1)[:, KEPT_BY_MMPOSE] + offsets
    return write_npz(tmp_path / "h36m_train.npz", listed, positions)


@pytest.mark.parametrize("block", [1, 7, 1 << 16])
@pytest.mark.parametrize(
    ("stem", "camera", "first", "count"),
    [
        ("Eating 2", "54138969", 0, 5),
        ("Eating 2", "60457274", 15, 5),
        ("Eating", "54138969", 20, 7),
        ("Eating", "60457274", 41, 7),
    ],
)
def test_a_sequence_s_own_rows(npz, monkeypatch, block, stem, camera, first, count):
    monkeypatch.setattr(mmpose, "_BLOCK", block)
    joints = annotation(npz, "S1", stem, camera)
    assert (joints.shape, joints.dtype) == ((count, 18, 2), np.float32)
    expected = from_human36m(pose(1) + 100 * np.arange(first, first + count)[:, None, None])
    np.testing.assert_array_equal(joints, expected)


def test_the_same_as_the_official_annotation(tmp_path):
    root = miniature.mmpose(tmp_path / "m", ["S7", "S9"], CAMERAS[:2], frames=3)
    for subject, stem in (("S7", "Phoning 2"), ("S9", "SittingDown 1")):
        found = annotation(
            annotation_path(root, subject, stem, CAMERAS[1]), subject, stem, CAMERAS[1]
        )
        np.testing.assert_array_equal(found, from_human36m(pose(3)))


def test_compressed_arrays_and_single_precision(tmp_path):
    positions = pose(6)[:, KEPT_BY_MMPOSE]
    path = write_npz(
        tmp_path / "a.npz", names(*EATING, range(1, 7)), positions, np.savez_compressed
    )
    np.testing.assert_array_equal(annotation(path, *EATING), from_human36m(pose(6)))
    single = np.ones((6, 17, 3), np.float32)
    single[:, :, :2] = positions
    np.savez(path, imgname=names(*EATING, range(1, 7)), part=single)
    np.testing.assert_array_equal(annotation(path, *EATING), from_human36m(pose(6)))


def refused(path, fault, where=EATING):
    with pytest.raises(BadInput, match=fault) as caught:
        annotation(path, *where)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_sampled_set_is_refused_with_the_mend(tmp_path):
    frames = range(1, 32, 5)
    path = write_npz(tmp_path / "fps10.npz", names(*EATING, frames), np.ones((7, 17, 2)))
    told = refused(path, "image 2 of S1_Eating_2.54138969 is 000006.jpg")
    assert "--sample-rate 1" in told
    assert "fps50" in told


@pytest.mark.parametrize("frames", [[2, 3, 4], [1, 2, 4], [1, 3, 2], [1, 1, 2]])
def test_missing_and_disordered_images(tmp_path, frames):
    path = write_npz(tmp_path / "a.npz", names(*EATING, frames), np.ones((3, 17, 2)))
    refused(path, "not every frame is there, in order")


def test_rows_of_other_sequences_in_between(tmp_path):
    mixed = names(*EATING, [1, 2]) + names("S1", "Eating", CAMERAS[0], [1]) + names(*EATING, [3])
    refused(write_npz(tmp_path / "a.npz", mixed, np.ones((4, 17, 2))), "000003.jpg in row 3")


def test_another_subject_s_file(npz):
    refused(npz, "no image of S9_Eating.54138969", ("S9", "Eating", "54138969"))


def test_a_video_that_broke_off_shifts_all_rows_after_it(tmp_path):
    path = write_npz(tmp_path / "a.npz", names(*EATING, range(1, 6)), np.ones((9, 17, 2)))
    told = refused(path, "5 images but 9 poses")
    assert "S11 Directions.54138969" in told
    assert "official layout" in told


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308, -1e30])
def test_a_value_that_is_not_finite_or_out_of_all_bounds(tmp_path, value):
    positions = pose(4)[:, KEPT_BY_MMPOSE]
    positions[2, 11, 1] = value  # joint 17 of the 32
    path = write_npz(tmp_path / "a.npz", names(*EATING, range(1, 5)), positions)
    refused(path, "1 values that are not finite, .* the first at frame 2, joint 17")


def test_a_file_that_may_not_be_read_is_not_called_broken(npz, no_permission, tried):
    with no_permission(npz):
        refused(npz, "may not be read: permission denied")
    tried("9", "Human3.6M's annotations that may not be read", {"refused as such": 1})


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ({"imgname": ["x" * 1025], "part": np.ones((1, 17, 3))}, "not a text"),
        ({"part": np.ones((2, 17, 3))}, "imgname"),
        ({"imgname": names(*EATING, [1, 2])}, "part"),
        ({"imgname": np.ones(2), "part": np.ones((2, 17, 3))}, "not a text"),
        ({"imgname": [names(*EATING, [1, 2])], "part": np.ones((1, 17, 3))}, "not a text"),
        ({"imgname": np.array(names(*EATING, [1]), object), "part": np.ones(1)}, "pickled"),
        ({"imgname": names(*EATING, [1, 2]), "part": np.ones((2, 32, 3))}, "not 17 joints"),
        ({"imgname": names(*EATING, [1, 2]), "part": np.ones((2, 17, 4))}, "not 17 joints"),
        ({"imgname": names(*EATING, [1, 2]), "part": np.ones((2, 17, 3), int)}, "not 17 joints"),
        ({"imgname": names(*EATING, [1]), "part": np.array(1.0)}, "no array"),
        ({"imgname": names(*EATING, [1, 2]), "part": np.ones((2, 17, 3), order="F")}, "turned"),
    ],
)
def test_other_arrays(tmp_path, arrays, fault):
    np.savez(tmp_path / "a.npz", **arrays)
    refused(tmp_path / "a.npz", fault)


def test_missing_empty_and_no_npz(tmp_path):
    refused(tmp_path / "none.npz", "no such annotation")
    (tmp_path / "a.npz").write_bytes(b"")
    refused(tmp_path / "a.npz", "truncated or not an NPZ")
    (tmp_path / "a.npz").write_text("a page on pose estimation\n" * 40)
    refused(tmp_path / "a.npz", "truncated or not an NPZ")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("imgname.npy", b"no array")
    refused(tmp_path / "a.npz", "truncated or not an array")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_cut_or_damaged_file_is_not_taken_for_whole(tmp_path, save):
    whole = write_npz(
        tmp_path / "whole.npz",
        names(*EATING, range(1, 30)),
        pose(29)[:, KEPT_BY_MMPOSE],
        save,
    )
    content, expected = whole.read_bytes(), annotation(whole, *EATING)
    path = tmp_path / "cut.npz"
    for length in range(0, len(content), 997):
        path.write_bytes(content[:length])
        refused(path, "truncated")
    generator = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(content)
        damaged[generator.integers(len(content))] ^= 1 << generator.integers(8)
        path.write_bytes(damaged)
        try:
            found = annotation(path, *EATING)
        except BadInput:
            continue
        np.testing.assert_array_equal(found, expected)

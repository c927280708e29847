"""The files of a subject, read back with other libraries."""

import shutil

import av
import cdflib
import numpy as np
import pytest

from posequery.files import BadInput
from posequery.sources.human36m_names import Sequence
from posequery.sources.rendered.writing import write_subject

TWO = (Sequence("Directions", 1, "Directions 1"), Sequence("WalkingTogether", 2, "WalkTogether"))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("a folder with 'quotes' and $dollars")
    told = []
    write_subject(root, "S1", TWO, 6, size=(160, 162), seed=5, advance=told.append)
    assert sum(told) == 12
    return root


def video(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return stream.codec_context.name, stream.average_rate, np.stack(frames)


def positions(root, stem):
    folder = root / "S1" / "MyPoseFeatures" / "D2_Positions"
    return cdflib.CDF(folder / f"{stem}.54138969.cdf")["Pose"]


def test_files_are_named_and_shaped_like_human36m(dataset):
    files = sorted(str(p.relative_to(dataset)) for p in dataset.rglob("*") if p.is_file())
    assert files == [
        "S1/MyPoseFeatures/D2_Positions/Directions 1.54138969.cdf",
        "S1/MyPoseFeatures/D2_Positions/WalkTogether.54138969.cdf",
        "S1/Videos/Directions 1.54138969.mp4",
        "S1/Videos/WalkTogether.54138969.mp4",
    ]
    for stem in ("Directions 1", "WalkTogether"):
        pose = positions(dataset, stem)
        codec, rate, frames = video(dataset / "S1" / "Videos" / f"{stem}.54138969.mp4")
        assert pose.shape == (1, 6, 64)
        assert np.issubdtype(pose.dtype, np.floating)
        assert codec == "h264"
        assert rate == 5
        assert 7 <= len(frames) <= 11
        assert frames.shape[1:] == (162, 160, 3)


def test_positions_lie_on_the_person_in_the_video(dataset):
    pose = positions(dataset, "Directions 1").reshape(6, 32, 2)
    _, _, frames = video(dataset / "S1" / "Videos" / "Directions 1.54138969.mp4")
    assert (pose > 0).all()
    assert (pose < (160, 162)).all()
    # Hips, knees and shoulders where the person stands differ from the empty room beside it.
    room = np.median(frames[:, :, [2, -3]].reshape(-1, 3), axis=0)
    x, y = pose[0, [0, 2, 7, 17, 25]].round().astype(int).T
    assert np.abs(frames[0, y, x].astype(int) - room).sum(1).mean() > 30


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_person(dataset, tmp_path):
    for seed in (5, 6):
        write_subject(tmp_path / str(seed), "S1", TWO, 6, size=(160, 162), seed=seed)
    for path in sorted(p for p in dataset.rglob("*") if p.is_file()):
        name = path.relative_to(dataset)
        assert (tmp_path / "5" / name).read_bytes() == path.read_bytes()
        assert (tmp_path / "6" / name).read_bytes() != path.read_bytes()


def test_a_sequence_does_not_depend_on_its_neighbours(dataset, tmp_path):
    write_subject(tmp_path, "S1", TWO[1:], 6, size=(160, 162), seed=5)
    name = "S1/Videos/WalkTogether.54138969.mp4"
    assert (tmp_path / name).read_bytes() == (dataset / name).read_bytes()


def test_validation_bodies_are_written_like_any_other(tmp_path):
    write_subject(tmp_path, "S104", TWO[:1], 1, size=(64, 64))
    assert (tmp_path / "S104" / "Videos" / "Directions 1.54138969.mp4").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subject": "S2"}, "S2: there is no such rendered subject. Name one of S1"),
        ({"sequences": [Sequence("Flying", 1, "Flying 1")]}, "there is no action 'Flying'"),
        ({"size": (321, 320)}, "needs even sides"),
        ({"size": (16, 16)}, "32 pixels or more"),
        ({"frames": 0}, "0 frames at 5 a second make no video"),
    ],
)
def test_what_cannot_be_written_is_told_and_nothing_appears(tmp_path, change, message):
    arguments = {"subject": "S1", "sequences": TWO[:1], "frames": 2, **change}
    with pytest.raises(BadInput, match=message):
        write_subject(tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_on_the_way_leaves_no_half_file(tmp_path):
    def fail(_):
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_subject(tmp_path, "S1", TWO[:1], 3, size=(64, 64), advance=fail)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    shutil.rmtree(tmp_path)

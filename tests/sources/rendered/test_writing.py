"""The files of a subject, read back with other libraries."""

import shutil

import av
import cdflib
import numpy as np
import pytest

from posequery.sources.human36m.names import Sequence
from posequery.sources.rendered.writing import write_subject

TWO = (Sequence("Directions", 1, "Directions 1"), Sequence("WalkingTogether", 2, "WalkTogether"))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("a folder with 'quotes' and $dollars")
    advances = []
    write_subject(root, "S1", TWO, 6, advance=advances.append)
    assert sum(advances) == 12
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
    sums = [name for name in files if name.endswith(".sha256")]
    files = [name for name in files if name not in sums]
    assert sums == [f"{name}.sha256" for name in files]
    assert files == [
        "S1/MyPoseFeatures/D2_Positions/Directions 1.54138969.cdf",
        "S1/MyPoseFeatures/D2_Positions/WalkTogether.54138969.cdf",
        "S1/Videos/Directions 1.54138969.mp4",
        "S1/Videos/WalkTogether.54138969.mp4",
    ]
    for stem in ("Directions 1", "WalkTogether"):
        pose = positions(dataset, stem)
        codec, fps, frames = video(dataset / "S1" / "Videos" / f"{stem}.54138969.mp4")
        assert pose.shape == (1, 6, 64)
        assert np.issubdtype(pose.dtype, np.floating)
        assert codec == "h264"
        assert fps == 5
        assert 7 <= len(frames) <= 11
        assert frames.shape[1:] == (320, 320, 3)


def test_positions_lie_on_the_person_in_the_video(dataset):
    pose = positions(dataset, "Directions 1").reshape(6, 32, 2)
    _, _, frames = video(dataset / "S1" / "Videos" / "Directions 1.54138969.mp4")
    assert (pose > 0).all()
    assert (pose < 320).all()
    # Pixels at hips, knees and shoulders differ from the empty room next to the person.
    room = np.median(frames[:, :, [2, -3]].reshape(-1, 3), axis=0)
    x, y = pose[0, [0, 2, 7, 17, 25]].round().astype(int).T
    assert np.abs(frames[0, y, x].astype(int) - room).sum(1).mean() > 30


def test_a_subject_gives_the_same_bytes_and_another_subject_another_person(dataset, tmp_path):
    for subject in ("S1", "S5"):
        write_subject(tmp_path, subject, TWO, 6)
    for path in sorted(p for p in dataset.rglob("*") if p.is_file()):
        name = path.relative_to(dataset / "S1")
        assert (tmp_path / "S1" / name).read_bytes() == path.read_bytes()
        assert (tmp_path / "S5" / name).read_bytes() != path.read_bytes()


def test_a_sequence_does_not_depend_on_its_neighbours(dataset, tmp_path):
    write_subject(tmp_path, "S1", TWO[1:], 6)
    name = "S1/Videos/WalkTogether.54138969.mp4"
    assert (tmp_path / name).read_bytes() == (dataset / name).read_bytes()


def test_validation_bodies_are_written_like_any_other(tmp_path):
    write_subject(tmp_path, "S104", TWO[:1], 1)
    assert (tmp_path / "S104" / "Videos" / "Directions 1.54138969.mp4").is_file()


def test_a_failure_midway_leaves_no_partial_file(tmp_path):
    def fail(_):
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_subject(tmp_path, "S1", TWO[:1], 3, advance=fail)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    shutil.rmtree(tmp_path)

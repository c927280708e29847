"""Videos split in time: which frames are in the pool and in the test, and whose labels they get."""

from fractions import Fraction

import numpy as np
import pytest

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index, write_labels
from posequery.jobs import seeds
from posequery.jobs.files import BadInput, whole
from posequery.offline.settings import require_parts, split_sizes
from posequery.offline.split import split
from posequery.timing import Timing

SHARE = Fraction(7, 10)


@pytest.mark.parametrize(
    ("frames", "fps", "gap", "parts"),
    [
        (100, 25, "1 s", (70, 5)),
        (100, 25, "10 frames", (70, 20)),
        (100, 60, "0 frames", (70, 30)),
        (100, 60, "1 s", (70, 0)),
        (99, 10, "0 frames", (69, 30)),  # 69.3 frames are 69
        (1, 10, "0 frames", (0, 1)),
    ],
)
def test_the_pool_is_the_first_frames_and_the_test_what_follows_the_gap(frames, fps, gap, parts):
    assert split_sizes(Timing.even(frames, fps), SHARE, gap) == parts


def test_a_gap_in_seconds_is_taken_from_the_time_stamps():
    shown = np.array([0, 1, 2, 3, 4, 5, 6, 6.5, 7, 7.5])
    assert split_sizes(Timing(shown, 0.5), Fraction(1, 2), "1 s") == (5, 4)
    assert split_sizes(Timing(shown, 0.5), SHARE, "1 s") == (7, 1)


def test_a_video_too_short_for_both_is_refused():
    with pytest.raises(BadInput, match=r"monday.mp4: lasts 1\.67 s, too short .*70%.* 1 s"):
        require_parts("monday.mp4", Timing.even(100, 60), SHARE, "1 s")


@pytest.fixture
def stream(tmp_path):
    """A stream of two clips of 20 and 10 different frames at 50 a second, and its labels."""
    random = seeds.generator("frames")
    for name, count in (("a", 20), ("b", 10)):
        info = ClipInfo(name, "person", "any", 1, "own", count, 50.0, 64, 48, 32, f"{name}.mp4")
        with whole(tmp_path / f"{name}.h5") as path, ClipWriter(path) as writer:
            for frame in random.integers(0, 255, (count, 32, 32, 3), np.uint8):
                writer.append(frame)
            writer.close(info, None)
    write_index(tmp_path / "stream.json", [tmp_path / "a.h5", tmp_path / "b.h5"])
    joints = random.uniform(0, 48, (30, 18, 2)).astype(np.float32)
    joints[3] = np.nan  # the teacher saw nobody
    confidence = random.random((30, 18), np.float32)
    write_labels(tmp_path / "labels.h5", joints, confidence, tmp_path / "stream.json")
    return Stream(tmp_path / "stream.json"), joints, confidence


def test_the_parts_are_the_streams_frames_with_the_teachers_labels(stream, tmp_path):
    played, joints, confidence = stream
    parts = tmp_path / "pool", tmp_path / "test"
    split(played.path, tmp_path / "labels.h5", SHARE, "2 frames", *parts)
    # 14 and 7 of 20 and 10 frames; 2 of each are in neither.
    expected = {"pool": [*range(14), *range(20, 27)], "test": [*range(16, 20), 29]}
    for folder in parts:
        clips = [folder / f"{clip.slug}.h5" for clip in played.clips]
        write_index(folder / "index.json", clips)
        part, own = Stream(folder / "index.json"), np.array(expected[folder.name])
        everything = np.arange(len(part))
        np.testing.assert_array_equal(part.frames(everything), played.frames(own))
        np.testing.assert_array_equal(part.joints(everything), joints[own])
        kept = np.concatenate([part.clip(number).confidence for number in (0, 1)])
        np.testing.assert_array_equal(kept, confidence[own])
        assert [clip.video for clip in part.clips] == [clip.video for clip in played.clips]
        np.testing.assert_allclose(np.diff(part.clip(0).times), 1 / part.fps)


def test_nothing_is_written_where_a_clip_is_too_short(stream, tmp_path):
    parts = tmp_path / "pool", tmp_path / "test"
    with pytest.raises(BadInput, match="too short"):
        split(stream[0].path, tmp_path / "labels.h5", SHARE, "3 frames", *parts)
    assert not any(folder.exists() for folder in parts)


def test_no_more_than_what_is_played_is_split(stream, tmp_path):
    played = stream[0]
    index = tmp_path / "part.json"
    write_index(index, [tmp_path / "a.h5", tmp_path / "b.h5"], first_frames="10 frames")
    labels = np.zeros((10, 18, 2), np.float32)
    write_labels(tmp_path / "l.h5", labels, np.ones((10, 18), np.float32), index)
    split(index, tmp_path / "l.h5", SHARE, "1 frames", tmp_path / "pool", tmp_path / "test")
    write_index(tmp_path / "p.json", [tmp_path / "pool" / f"{played.clips[0].slug}.h5"])
    assert len(Stream(tmp_path / "p.json")) == 7
    assert len(list((tmp_path / "test").iterdir())) == 1

"""Human3.6M in miniature, in both layouts."""

import miniature
import pytest
from pydantic import ValidationError
from suites import SourceSuite

from posequery.jobs.files import BadInput
from posequery.sources.human36m import counts, names
from posequery.sources.kinds.human36m import Human36M


class TestHuman36M(SourceSuite):
    name = "human36m"

    @pytest.fixture
    def source(self, tmp_path):
        root = miniature.official(tmp_path / "human 3.6m", ("S1",))
        return Human36M(root=root, frame_counts="any")


def human36m(**keys):
    return Human36M(root="data", **keys)


def test_mmposes_layout_has_the_same_clips_elsewhere():
    official, mmpose = (
        human36m(layout=layout).clips("results", offline=True) for layout in ("official", "mmpose")
    )
    assert [clip.slug for clip in official] == [clip.slug for clip in mmpose]
    assert official[0].video == "data/S1/Videos/Directions 1.54138969.mp4"
    assert mmpose[0].video == "data/images/S1/S1_Directions_1.54138969"


def test_without_an_offline_half_the_stream_alone_is_read():
    source = human36m()
    assert {clip.subject for clip in source.clips("results", offline=False)} == {"S1"}
    assert source.left_out(offline=False) == ([], [])


def test_exclusions_that_bear_on_a_study_are_told_and_those_left_in():
    assert human36m().left_out(True) == (["S9 Waiting 1"], [])
    assert human36m(exclude=["S5 Eating"]).left_out(True) == (["S5 Eating"], ["S9 Waiting 1"])
    stem = human36m(first_video="stem")
    assert stem.left_out(True)[0] == ["S9 Greeting", "S11 Directions.54138969"]


def test_a_stream_without_sequences_is_refused():
    every = [f"S1 {sequence.stem}" for sequence in names.sequences("S1")]
    with pytest.raises(BadInput, match="leaves no sequence for the stream S1"):
        human36m(exclude=every).clips("results", offline=True)


def test_there_is_a_stream_for_each_subject_and_camera():
    one, two = names.CAMERAS[:2]
    source = human36m(stream_subjects=["S1", "S9", "S1"])
    assert source.streams == ["S1", "S9"]
    clips = source.clips("results", offline=True)
    # S9 is tested on as well, on the first video of each action.
    assert {clip.streams for clip in clips if clip.subject == "S9"} == {("S9",), ("test", "S9")}
    assert {clip.streams for clip in clips if clip.subject == "S1"} == {("pool", "S1")}
    source = human36m(stream_subjects=["S1", "S5"], stream_cameras=[two, one, two])
    assert source.streams == [f"S1_{two}", f"S1_{one}", f"S5_{two}", f"S5_{one}"]
    clips = source.clips("results", offline=False)
    assert len(clips) == 4 * 30
    assert all(clip.streams == (f"{clip.subject}_{clip.camera}",) for clip in clips)
    said = source.readings(offline=False)["online"]
    assert said == [f"a stream of each of S1, S5 before cameras {two}, {one}"]


def test_frame_counts_are_the_published_ones_unless_any_may_be():
    for clip in human36m().clips("results", offline=True):
        assert clip.expected == counts.expected(clip.subject, clip.stem)
    loose = human36m(frame_counts="any", exclude=[]).clips("results", offline=True)
    assert {clip.expected for clip in loose} == {None}
    short = {(clip.subject, clip.stem) for clip in loose if clip.short_annotation}
    assert short < counts.SHORT_ANNOTATIONS.keys() and ("S9", "Waiting 1") in short


def test_impossible_keys_are_refused():
    with pytest.raises(ValidationError, match="S9: in pool_subjects and in test_subjects"):
        human36m(pool_subjects=["S1", "S9"])
    with pytest.raises(ValidationError, match="no camera is called '1'"):
        human36m(cameras=["1"])
    with pytest.raises(ValidationError, match="Human3.6M has no sequence 'S9 Jumping'"):
        human36m(exclude=["S9 Jumping"])

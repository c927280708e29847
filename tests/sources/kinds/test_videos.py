"""Somebody's own videos."""

from fractions import Fraction
from pathlib import Path

import media
import pytest
from pydantic import ValidationError
from suites import SourceSuite

from posequery.sources.kinds.videos import Videos
from posequery.study.plan import Plan
from posequery.study.schema import Study


class TestVideos(SourceSuite):
    name = "videos"

    @pytest.fixture
    def source(self, tmp_path):
        names = ("Anna walks (1).mp4", "b.mp4")
        frames = [media.numbered(number) for number in range(5)]
        return Videos(videos=[media.write_video(tmp_path / name, frames) for name in names])


def test_they_are_played_in_the_order_given_under_safe_names():
    source = Videos(videos=["b.mp4", "it's $a.mov", "b.mp4", "ü.mp4"])
    found = source.clips("results", offline=False)
    assert [clip.slug for clip in found] == ["01-b", "02-it-s-a", "03-b", "04-video"]
    assert [clip.video for clip in found] == ["b.mp4", "it's $a.mov", "b.mp4", "ü.mp4"]
    assert source.place() == "your own videos"


def test_no_video_is_refused():
    with pytest.raises(ValidationError, match="videos: name your videos here"):
        Videos()
    assert Videos(videos=["a.mp4"]).videos == [Path("a.mp4")]


@pytest.mark.parametrize(
    ("given", "rate"),
    [
        (25, 25),
        (29.97, Fraction(2997, 100)),
        ("30000/1001", Fraction(30000, 1001)),
        (0.001, Fraction(1, 1000)),
        (None, None),
    ],
)
def test_a_rate_for_videos_that_state_none(given, rate):
    source = Videos(videos=["a.mjpeg", "b"], fps=given)
    assert source.fps == rate
    assert [clip.fps for clip in source.clips("results", offline=False)] == [rate, rate]
    assert Videos.model_validate(source.model_dump(mode="json")) == source


def test_the_rate_reaches_the_jobs():
    values = {"name": "mine", "teachers": ["openpose"], "openpose": {"labels": "."}}
    source = {"kind": "videos", "videos": ["a"], "fps": "30000/1001"}
    plan = Plan(Study.model_validate(values | {"source": source}))
    for options in (plan.extract_options("01-a"), plan.openpose_options("01-a")):
        assert options[options.index("--fps") + 1] == "30000/1001"
    plain = Plan(Study.model_validate(values | {"source": {"videos": ["a"]}}))
    assert "--fps" not in plain.extract_options("01-a") + plain.openpose_options("01-a")


@pytest.mark.parametrize(
    "given", [0, -25, "fast", "1/0", 1e9, 0.0009, "1e-99999999", True, "nan", []]
)
def test_what_is_no_rate_is_refused(given):
    with pytest.raises(
        ValidationError, match="is no frame rate|no video shows .* a second: from 0.001 to 1000"
    ):
        Videos(videos=["a.mjpeg"], fps=given)

"""Somebody's own videos."""

from pathlib import Path

import media
import pytest
from pydantic import ValidationError
from suites import SourceSuite

from posequery.sources.kinds.videos import Videos


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

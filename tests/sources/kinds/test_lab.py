"""The lab's four cameras, for whose fetched package small videos stand."""

from pathlib import Path

import media
import pytest
from suites import SourceSuite

from posequery.sources.kinds.lab import CAMERAS, Lab
from posequery.sources.packages import PACKAGES


class TestLab(SourceSuite):
    name = "lab"

    @pytest.fixture
    def source(self, out):
        for camera in CAMERAS:
            path = Path(out, "data/pose2sim/videos", f"{camera}.mp4")
            path.parent.mkdir(parents=True, exist_ok=True)
            media.write_video(path, [media.numbered(number) for number in range(5)])
        return Lab()


def test_its_files_are_members_of_the_package():
    package = PACKAGES["pose2sim"]
    assert Lab().calibration in package.members
    for clip in Lab().clips("results/lab", offline=False):
        assert clip.video.removeprefix(f"{clip.package}/") in package.members
        assert clip.files == {"package": f"results/lab/data/{package.name}"}

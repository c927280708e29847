"""Advice that fits: a missing folder is renamed or moved where it is, and unpacked where not."""

from pathlib import Path

import pytest

from posequery.sources.human36m import folders

VIDEO = "S1/Videos/Eating.54138969.mp4"
CDF = "S1/MyPoseFeatures/D2_Positions/Eating.54138969.cdf"


@pytest.mark.parametrize(
    ("there", "lacks", "folder", "fix"),
    [
        ("s1/Videos/Eating.54138969.mp4", VIDEO, "S1", "Rename {root}/s1 to S1"),
        ("S1/videos/Eating.54138969.mp4", VIDEO, "S1/Videos", "Rename {root}/S1/videos to Videos"),
        (
            f"S1/{VIDEO}",
            VIDEO,
            "S1/Videos",
            "Move what is in {root}/S1/S1/Videos to {root}/S1/Videos",
        ),
        (
            f"S1/{CDF}",
            CDF,
            "S1/MyPoseFeatures",
            "Move what is in {root}/S1/S1/MyPoseFeatures to {root}/S1/MyPoseFeatures",
        ),
        (
            "S1/Videos/Videos/Eating.54138969.mp4",
            VIDEO,
            "S1/Videos",
            "Move what is in {root}/S1/Videos/Videos to {root}/S1/Videos",
        ),
        (
            "S1/D2_Positions/Eating.54138969.cdf",
            CDF,
            "S1/MyPoseFeatures",
            "Move what is in {root}/S1/D2_Positions to {root}/S1/MyPoseFeatures/D2_Positions",
        ),
        (
            "S1/Eating.54138969.mp4",
            VIDEO,
            "S1/Videos",
            "Move the .mp4 files of {root}/S1 to {root}/S1/Videos",
        ),
        ("S1/Videos_S1.tgz", VIDEO, "S1/Videos", "Unpack {root}/S1/Videos_S1.tgz, if that is it"),
        ("S1/readme", VIDEO, "S1/Videos", "Unpack its archives into it, see below"),
    ],
)
def test_what_lies_elsewhere_is_moved(
    tmp_path: Path, tried, there: str, lacks: str, folder: str, fix: str
) -> None:
    file = tmp_path / there
    file.parent.mkdir(parents=True)
    file.touch()
    assert folders.elsewhere(tmp_path, "official") is None
    (fault,) = folders.lacking(tmp_path, [tmp_path / lacks])
    assert (fault.path, fault.fix) == (str(tmp_path / folder), fix.format(root=tmp_path))
    tried("9", "a folder of Human3.6M in a wrong place", {"advice that fits": 1})

"""What a study asks of its frames."""

from pathlib import Path

import pytest

from posequery.study import conditions, grid
from posequery.study.clips import clips
from posequery.study.loading import load_study

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    ("frames", "rates", "fault"),
    [
        (100, ["5%"], None),
        (25, ["5%"], "lasts 0.417 s, too short for a pool of 70%, a gap of 0.15 s and a test"),
        # 4 x 70 frames, of which 0.1 % are none.
        (100, ["0.1%"], "picks nothing of the pool's 280 frames"),
    ],
)
def test_a_video_is_long_enough_for_a_pool_and_a_test(frames, rates, fault):
    changed = {"offline": {"rates": rates}, "source": {"kind": "lab", "split": {"gap": "0.15 s"}}}
    study = load_study("lab", changed, CONFIG)
    sources = clips(study, "results/lab")
    shown = dict.fromkeys(sources, (frames, 60.0))
    videos = conditions.parted(study, sources, shown)
    assert [len(timing) for _, timing in videos] == [frames] * 4
    found = conditions.of_parts(study, grid.cells(study), videos)
    assert [fault in str(one) for one in found] == [True] * (fault is not None)


def test_without_an_offline_half_nothing_is_asked_of_parts():
    study = load_study("lab", {"offline": None}, CONFIG)
    sources = clips(study, "results/lab")
    assert conditions.parted(study, sources, dict.fromkeys(sources, (2, 60.0))) == []
    assert conditions.of_parts(study, grid.cells(study), []) == []

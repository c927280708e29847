import pytest

from posequery.sources.human36m.counts import SHORT_ANNOTATIONS, expected
from posequery.sources.human36m.names import POOL_SUBJECTS, SUBJECTS, first_videos, sequences

# Annotated frames of each subject before one camera, as the community's lists have them.
TOTALS = {
    "S1": 62_094,
    "S5": 99_079,
    "S6": 62_466,
    "S7": 101_621,
    "S8": 64_678,
    "S9": 79_417,
    "S11": 58_244,
}

VIDEO_FRAMES = {
    "S1": 62_152,
    "S5": 99_113,
    "S6": 62_496,
    "S7": 101_658,
    "S8": 64_710,
    "S9": 85_560,
    "S11": 58_276,
}
"""Frames in a subject's 30 videos before cameras 54138969 and 60457274; the other two have slightly
more. A video is longer than its annotation, usually by 1 to 5 frames."""

# S1 in the order of its folder.
S1 = (
    "Directions 1 1383, Directions 1612, Discussion 1 3805, Discussion 3852, Eating 2 2357, "
    "Eating 2721, Greeting 1 1265, Greeting 1149, Phoning 1 2636, Phoning 2266, Posing 1 1167, "
    "Posing 992, Purchases 1 1064, Purchases 1158, Sitting 1 3304, Sitting 2 2612, "
    "SittingDown 2 3023, SittingDown 2742, Smoking 1 2611, Smoking 2478, TakingPhoto 1 1074, "
    "TakingPhoto 1036, Waiting 1 1440, Waiting 1792, WalkTogether 1 1275, WalkTogether 1231, "
    "Walking 1 3476, Walking 3134, WalkingDog 1 1662, WalkingDog 1777"
)


def total(subject):
    return sum(expected(subject, sequence.stem) for sequence in sequences(subject))


def test_the_sequences_sum_to_the_published_totals():
    assert {subject: total(subject) for subject in SUBJECTS} == TOTALS
    # 3d-pose-baseline's poses of four cameras: training, and test with and without one video.
    assert 4 * sum(total(subject) for subject in POOL_SUBJECTS) == 1_559_752
    test = 4 * (total("S9") + total("S11"))
    assert (test, test - expected("S11", "Directions")) == (550_644, 548_819)


@pytest.mark.parametrize(("subject", "count"), [("S9", 40_407), ("S11", 29_010)])
def test_the_first_subactions_sum_to_their_totals(subject, count):
    firsts = first_videos(subject, "subaction")
    assert sum(expected(subject, sequence.stem) for sequence in firsts) == count


def test_s1_sequence_by_sequence():
    listed = dict(entry.rsplit(" ", 1) for entry in S1.split(", "))
    assert {name: int(count) for name, count in listed.items()} == {
        sequence.stem: expected("S1", sequence.stem) for sequence in sequences("S1")
    }


def test_videos_are_longer_by_a_few_frames_but_five():
    counts = {stem: expected("S9", stem) for _, stem in SHORT_ANNOTATIONS}
    assert counts == {
        "Greeting": 1447,
        "SittingDown 1": 1554,
        "Waiting 1": 1612,
        "Walking": 1612,
        "Phoning": 3319,
    }
    for subject in SUBJECTS:
        gaps = sum(
            frames - expected(*name)
            for name, frames in SHORT_ANNOTATIONS.items()
            if name[0] == subject
        )
        usual = VIDEO_FRAMES[subject] - total(subject) - gaps
        assert 30 - len(SHORT_ANNOTATIONS) <= usual <= 5 * 30


def test_a_name_of_another_subject_has_no_count():
    with pytest.raises(KeyError):
        expected("S1", "WalkDog")

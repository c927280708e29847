import pytest

from posequery.sources.human36m_names import (
    ACTIONS,
    CAMERAS,
    DAMAGED,
    SUBJECTS,
    annotation_path,
    first_subactions,
    sequences,
    slug,
    video_path,
)

# The annotated sequences of S1 in the order of its folder, as the dataset's metadata lists them.
S1 = (
    "Directions 1, Directions, Discussion 1, Discussion, Eating 2, Eating, Greeting 1, Greeting, "
    "Phoning 1, Phoning, Posing 1, Posing, Purchases 1, Purchases, Sitting 1, Sitting 2, "
    "SittingDown 2, SittingDown, Smoking 1, Smoking, TakingPhoto 1, TakingPhoto, Waiting 1, "
    "Waiting, WalkTogether 1, WalkTogether, Walking 1, Walking, WalkingDog 1, WalkingDog"
)


def stems(subject):
    return [sequence.stem for sequence in sequences(subject)]


def test_the_stream_of_s1():
    assert stems("S1") == S1.split(", ")


def test_full_file_names_are_sorted_not_stems():
    for subject in SUBJECTS:
        names = [video_path("", subject, stem, "54138969").name for stem in stems(subject)]
        assert names == sorted(names)
    assert stems("S5") != sorted(stems("S5"))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_action_is_recorded_twice_under_names_of_its_own(subject):
    found = sequences(subject)
    assert sorted((s.action, s.subaction) for s in found) == sorted(
        (action, number) for action in ACTIONS for number in (1, 2)
    )
    assert len(set(stems(subject))) == 30


@pytest.mark.parametrize(
    ("subject", "action", "expected"),
    [
        ("S1", "Eating", ("Eating 2", "Eating")),
        ("S1", "WalkingDog", ("WalkingDog 1", "WalkingDog")),
        ("S5", "WalkingDog", ("WalkDog 1", "WalkDog")),
        ("S5", "Discussion", ("Discussion 2", "Discussion 3")),
        ("S5", "TakingPhoto", ("Photo", "Photo 2")),
        ("S6", "Waiting", ("Waiting 3", "Waiting")),
        ("S7", "Walking", ("Walking 1", "Walking 2")),
        ("S8", "WalkingTogether", ("WalkTogether 1", "WalkTogether 2")),
        ("S9", "SittingDown", ("SittingDown", "SittingDown 1")),
        ("S11", "Phoning", ("Phoning 3", "Phoning 2")),
        ("S11", "TakingPhoto", ("Photo 1", "Photo")),
    ],
)
def test_exceptions_of_the_table(subject, action, expected):
    found = {s.subaction: s.stem for s in sequences(subject) if s.action == action}
    assert (found[1], found[2]) == expected


def test_the_damaged_names_exist_and_leave_the_test():
    for subject, stem in DAMAGED:
        assert stem in stems(subject)
    assert len(first_subactions("S11")) == 15
    firsts = {s.stem for s in sequences("S9") if s.subaction == 1}
    assert firsts - {s.stem for s in first_subactions("S9")} == {"Waiting 1"}


def test_slugs_are_unique_and_file_safe():
    slugs = {
        slug(subject, stem, camera)
        for subject in SUBJECTS
        for stem in stems(subject)
        for camera in CAMERAS
    }
    assert len(slugs) == 7 * 30 * 4
    assert "S1-Directions-1-54138969" in slugs
    assert all(name.replace("-", "").isalnum() for name in slugs)


def test_the_layout_of_the_dataset():
    assert str(video_path("a b", "S1", "Eating 2", "54138969")) == (
        "a b/S1/Videos/Eating 2.54138969.mp4"
    )
    assert str(annotation_path("x", "S9", "Eating", "55011271")) == (
        "x/S9/MyPoseFeatures/D2_Positions/Eating.55011271.cdf"
    )


def test_a_subject_without_annotations_is_refused():
    with pytest.raises(KeyError):
        sequences("S2")

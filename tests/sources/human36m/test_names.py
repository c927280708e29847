import pytest

from posequery.sources.human36m.names import (
    ACTIONS,
    CAMERAS,
    EXCLUDED,
    SUBJECTS,
    annotation_path,
    excluded,
    exclusion,
    first_videos,
    recordings,
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


@pytest.mark.parametrize("cameras", [CAMERAS, CAMERAS[::-1], CAMERAS[1:3], CAMERAS[:1]])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_several_cameras_alternate_as_the_files_sort(subject, cameras):
    names = [
        video_path("", subject, sequence.stem, camera).name
        for sequence, camera in recordings(subject, cameras)
    ]
    assert names == sorted(names)
    assert len(set(names)) == 30 * len(cameras)
    if len(cameras) == 1:
        assert [sequence for sequence, _ in recordings(subject, cameras)] == list(
            sequences(subject)
        )


def firsts(subject, reading):
    return {sequence.action: sequence.stem for sequence in first_videos(subject, reading)}


def test_the_first_video_of_an_action_in_three_readings():
    for reading, sitting_down, phoning, waiting in (
        ("subaction", "SittingDown", "Phoning 3", "Waiting 1"),
        ("file_name", "SittingDown 1", "Phoning 2", "Waiting 1"),
        ("stem", "SittingDown", "Phoning 2", "Waiting"),
    ):
        found = firsts("S11", reading)
        assert (found["SittingDown"], found["Phoning"], found["Waiting"]) == (
            sitting_down,
            phoning,
            waiting,
        )


@pytest.mark.parametrize("reading", ["subaction", "file_name", "stem"])
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_reading_takes_one_video_of_each_action_in_stream_order(subject, reading):
    found = [sequence.stem for sequence in first_videos(subject, reading)]
    assert set(firsts(subject, reading)) == set(ACTIONS)
    assert found == [stem for stem in stems(subject) if stem in found]
    both = {a: [s.stem for s in sequences(subject) if s.action == a] for a in ACTIONS}
    key = {"file_name": lambda stem: f"{stem}.54138969.mp4", "stem": lambda stem: stem}
    if reading in key:
        assert firsts(subject, reading) == {a: min(both[a], key=key[reading]) for a in ACTIONS}


def test_an_unknown_reading_is_refused():
    with pytest.raises(KeyError):
        first_videos("S9", "alphabet")


def left_out(words):
    return {
        (subject, stem, camera)
        for subject in SUBJECTS
        for stem in stems(subject)
        for camera in CAMERAS
        if excluded(words, subject, stem, camera)
    }


def test_what_is_left_out_by_default():
    expected = {("S11", "Directions", "54138969")}
    for stem in ("Greeting", "SittingDown 1", "Waiting 1"):
        expected |= {("S9", stem, camera) for camera in CAMERAS}
    assert left_out(EXCLUDED) == expected


def test_a_word_leaves_out_all_cameras_or_one():
    assert left_out(["S5 Discussion 3"]) == {("S5", "Discussion 3", c) for c in CAMERAS}
    assert left_out(["S1 Eating.60457274"]) == {("S1", "Eating", "60457274")}
    assert left_out([]) == set()
    assert exclusion("S5 Discussion 3") == ("S5", "Discussion 3", None)
    assert exclusion("S1 Eating.60457274") == ("S1", "Eating", "60457274")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("S9 Wating 1", "did you mean 'S9 Waiting 1'"),
        ("S5 WalkingDog", "did you mean 'S5 Walk"),
        ("S11 Directions.54138968", "did you mean 'S11 Directions.54138969'"),
        ("", "write it as"),
    ],
)
def test_a_name_that_is_not_in_the_table_is_refused(word, hint):
    with pytest.raises(ValueError, match=f"no sequence '{word}': {hint}"):
        exclusion(word)
    with pytest.raises(ValueError, match="no sequence"):
        excluded([word], "S9", "Eating", "54138969")


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

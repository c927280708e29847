"""Which of the people that OpenPose detects labels a frame, and the teacher's error."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suites import TeacherSuite

from posequery import teachers
from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs.files import BadInput
from posequery.skeletons import LIMBS
from posequery.teachers.openpose import labelling
from posequery.teachers.openpose.detections import Detections, write_detections
from posequery.teachers.openpose.labelling import NOBODY, RULES, choose
from posequery.teachers.openpose.settings import OpenPose

WIDTH, HEIGHT, FPS = 100, 80, 4.0


def somebody(x, joints=range(18), score=0.5):
    """A person with all `joints` at (x, 10): joints (18, 2), confidence (18,)."""
    places, confidence = np.full((18, 2), np.nan, np.float32), np.zeros(18, np.float32)
    places[list(joints)] = (x, 10)
    confidence[list(joints)] = score
    return places, confidence


def seen(*frames, video="S1/Videos/a.mp4", unread=(), origin="json/S1/a"):
    """Detections of frames, each a list of people."""
    people = [person for frame in frames for person in frame]
    return Detections(
        joints=np.array([joints for joints, _ in people], np.float32).reshape(-1, 18, 2),
        confidence=np.array([confidence for _, confidence in people], np.float32).reshape(-1, 18),
        start=np.cumsum([0, *map(len, frames)]),
        read=np.array([number not in unread for number in range(len(frames))]),
        video=video,
        width=WIDTH,
        height=HEIGHT,
        origin=origin,
    )


def label(x, count=1, joints=LIMBS):
    return np.stack([somebody(x, joints)[0]] * count)


NO_LABEL = label(0, joints=[])


# labelled


def test_the_person_nearest_to_the_label_is_taken():
    found = seen([somebody(50), somebody(20), somebody(90)], [somebody(90)], [])
    chosen = choose(found, label(26, 3), "labelled", FPS)
    assert chosen.tolist() == [1, 3, NOBODY]


def test_only_limb_joints_that_both_have_count():
    face = somebody(20, range(5))  # at the right place, but without limbs
    near = somebody(22, [0, 7])
    far = somebody(40)
    found = seen([face, far], [far, near], [face], [near])
    own = np.concatenate([label(20, 3), label(20, joints=[8])])
    # The last frame's label lacks the left elbow, so no joint is shared.
    assert choose(found, own, "labelled", FPS).tolist() == [1, 3, NOBODY, NOBODY]


def test_of_equally_near_people_the_more_confident_and_then_the_first_is_taken():
    found = seen(
        [somebody(18), somebody(22, score=0.6), somebody(18, score=0.6)],
        [somebody(18), somebody(22)],
    )
    assert choose(found, label(20, 2), "labelled", FPS).tolist() == [1, 3]


def test_nobody_is_taken_where_the_clip_has_no_label():
    found = seen([somebody(20)], [somebody(20)])
    own = np.concatenate([NO_LABEL, label(99)])
    assert choose(found, own, "labelled", FPS).tolist() == [NOBODY, 1]


@given(st.integers(0, 10**6))
def test_labelled_follows_its_documented_rule(seed):
    """Compared with a loop; whole distances on a line, so that ties are exact."""
    generator = np.random.default_rng(seed)

    def line(*shape):
        xs = generator.integers(0, 6, shape).astype(np.float32)
        xs[generator.random(shape) < 0.6] = np.nan
        return np.stack([xs, np.where(np.isnan(xs), np.nan, 0)], axis=-1)

    crowds = [
        [(line(18), np.full(18, generator.choice([0.25, 0.5]), np.float32)) for _ in range(size)]
        for size in generator.integers(0, 5, 4)
    ]
    own = line(4, 18)
    chosen = choose(seen(*crowds), own, "labelled", FPS)
    number = 0
    for frame, crowd in enumerate(crowds):
        best, expected = None, NOBODY
        for places, confidence in crowd:
            gaps = [abs(places[joint, 0] - own[frame, joint, 0]) for joint in range(5, 17)]
            gaps = [float(gap) for gap in gaps if gap == gap]
            rank = (sum(gaps) / len(gaps), -confidence[0]) if gaps else None
            if rank is not None and (best is None or rank < best):
                best, expected = rank, number
            number += 1
        assert chosen[frame] == expected


# strongest and tracked


def test_the_strongest_has_the_highest_sum_of_confidence():
    whole, half = somebody(10, score=0.4), somebody(30, range(9), score=0.7)
    nothing = somebody(50, [])
    found = seen([half, whole], [nothing], [], [nothing, half, half])
    chosen = choose(found, np.concatenate([NO_LABEL] * 4), "strongest", FPS)
    assert chosen.tolist() == [1, NOBODY, NOBODY, 4]


def test_tracking_follows_a_person_starting_with_the_strongest():
    strong, weak = somebody(10, score=0.9), somebody(60, score=0.3)
    found = seen(
        [weak, strong],
        [somebody(60, score=0.99), somebody(14)],
        [somebody(22), somebody(60)],
        [somebody(30, [3]), somebody(90, score=0.9)],
        [somebody(31, [4]), somebody(50, [3, 4])],  # only the second shares a joint with the last
    )
    chosen = choose(found, np.concatenate([NO_LABEL] * 5), "tracked", FPS)
    assert chosen.tolist() == [1, 3, 4, 6, 9]


def test_after_a_second_without_a_person_tracking_starts_again():
    """At 4 fps: after three frames without anybody, and after four."""
    near, far = somebody(12, score=0.2), somebody(70, score=0.9)
    for empty, expected in ((3, 1), (4, 2)):
        found = seen([somebody(10)], *[[]] * empty, [near, far])
        chosen = choose(found, np.concatenate([NO_LABEL] * (empty + 2)), "tracked", FPS)
        assert chosen[-1] == expected


def test_tracking_takes_nobody_who_is_far_away_until_a_second_has_passed(tried):
    """A fifth of the diagonal is 25.6 px; a second has 4 frames."""
    stranger = somebody(37, score=0.9)
    found = seen([somebody(10)], [stranger], [somebody(14), stranger], *[[somebody(40)]] * 5)
    chosen = choose(found, np.concatenate([NO_LABEL] * 8), "tracked", FPS)
    assert chosen.tolist() == [0, NOBODY, 2, *[NOBODY] * 4, 8]
    tried("10", "two people, the tracked one lost and found", {"same person": 3})


def test_of_equally_near_people_tracking_takes_the_more_confident():
    found = seen([somebody(10)], [somebody(8), somebody(12, score=0.6), somebody(8, score=0.6)])
    assert choose(found, np.concatenate([NO_LABEL] * 2), "tracked", FPS).tolist() == [0, 2]


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="labelled, tracked, strongest"):
        choose(seen([]), NO_LABEL, "best", FPS)


# A stream


def make_stream(folder, clips):
    """clips: {video: own labels (n, 18, 2)}."""
    paths = []
    for number, (video, own) in enumerate(clips.items()):
        path = folder / f"clip{number}.h5"
        info = ClipInfo(
            path.stem, "S1", "any", 1, "c", len(own), FPS, WIDTH, HEIGHT, 16, f"/data/{video}"
        )
        with ClipWriter(path) as writer:
            for _ in own:
                writer.append(np.zeros((16, 16, 3), np.uint8))
            writer.close(info, own)
        paths.append(path)
    write_index(folder / "stream.json", paths)
    return Stream(folder / "stream.json")


def label_stream(stream, paths, rule):
    """Joints, confidence, and the summary that is written beside them."""
    labels = labelling.label_stream(stream, paths, rule)
    return labels.joints, labels.confidence, teachers.summary(labels, stream)


def written(folder, *detections):
    paths = [folder / f"detections{number}.h5" for number in range(len(detections))]
    for path, found in zip(paths, detections, strict=True):
        write_detections(path, found)
    return paths


A, B = "S1/Videos/a.mp4", "S1/Videos/b.mp4"


class TestOpenPose(TeacherSuite):
    name = "openpose"

    @pytest.fixture
    def stream(self, tmp_path):
        return make_stream(tmp_path, {A: label(20, 3)})

    @pytest.fixture
    def files(self, tmp_path):
        return {"detections": written(tmp_path, seen([somebody(20, range(9))], [], [somebody(21)]))}

    @pytest.fixture
    def settings(self):
        return OpenPose(labels="json", person="labelled")


def test_a_stream_is_labelled_clip_by_clip_and_surplus_frames_are_dropped(tmp_path):
    stream = make_stream(tmp_path, {A: label(20, 2), B: label(50, 3)})
    paths = written(
        tmp_path,
        seen([somebody(90), somebody(23)], [], [somebody(1)], [somebody(1)]),
        seen(
            [somebody(54, range(5, 11))],
            [],
            [somebody(50), somebody(80)],
            video="/elsewhere/S1/Videos/b.mp4",
            unread=[1],
            origin="json/S1/b",
        ),
    )
    joints, confidence, summary = label_stream(stream, paths, "labelled")
    assert joints.dtype == confidence.dtype == np.float32
    assert joints[:, 5, 0].tolist() == pytest.approx([23, np.nan, 54, np.nan, 50], nan_ok=True)
    assert np.isnan(joints[2, 11:]).all()
    assert confidence.any(axis=1).tolist() == [True, False, True, False, True]
    assert (confidence == 0).tolist() == np.isnan(joints[:, :, 0]).tolist()
    assert summary == {
        # 12 joints are 3 px off, 6 are 4 px, 12 are exact; 30 of 5 frames' 60.
        "mpjpe_px": pytest.approx((12 * 3 + 6 * 4) / 30),
        "found_share": 0.5,
        "labelled_share": 0.6,
        "joints_found": pytest.approx((18 + 6 + 18) / 3),
        "frames": 5,
        "frames_without_file": 1,
        "frames_without_person": 1,
        "frames_with_several_people": 2,
        "frames_without_label": 2,
    }


def test_each_clip_is_tracked_from_its_own_strongest_person(tmp_path):
    stream = make_stream(tmp_path, {A: label(10, 1), B: label(70, 1)})
    near, strong = somebody(11, score=0.1), somebody(70, score=0.9)
    paths = written(
        tmp_path, seen([somebody(10)]), seen([near, strong], video=B, origin="json/S1/b")
    )
    joints, _, _ = label_stream(stream, paths, "tracked")
    assert joints[:, 0, 0].tolist() == [10, 70]


def test_labels_far_from_the_truth_are_refused_as_another_scale(tmp_path):
    """A fifth of the diagonal of a frame of 100 x 80 is 25.6 px."""
    stream = make_stream(tmp_path, {A: label(20, 3)})
    near = seen([somebody(45)], [somebody(45)], [somebody(90)])
    label_stream(stream, written(tmp_path, near), "labelled")
    far = seen([somebody(45)], [somebody(46)], [somebody(46)])
    with pytest.raises(
        BadInput, match=r"lie 26 px \(median\) from the labels of clip0\. .*scale\?$"
    ):
        label_stream(stream, written(tmp_path, far), "labelled")


def test_somebody_else_is_not_a_label_where_the_labelled_person_is_not_found(tmp_path):
    """The other person is 60 px away, more than a fifth of the diagonal, 25.6 px."""
    stream = make_stream(tmp_path, {A: label(20, 3)})
    found = seen([somebody(21)], [somebody(80)], [somebody(22)])
    joints, confidence, summary = label_stream(stream, written(tmp_path, found), "labelled")
    assert joints[:, 5, 0].tolist() == pytest.approx([21, np.nan, 22], nan_ok=True)
    assert confidence[1].sum() == 0 and summary["frames_without_label"] == 1
    joints, _, _ = label_stream(stream, written(tmp_path, found), "strongest")
    assert joints[:, 5, 0].tolist() == [21, 80, 22]


def test_a_clip_of_a_stranger_alone_is_unlabelled_and_reported(tmp_path, capsys, tried):
    """By `labelled`; by another rule it is refused, as another video's files would be."""
    stream = make_stream(tmp_path, {A: label(20, 2), B: label(20, 2)})
    paths = written(
        tmp_path,
        seen([somebody(21)], [somebody(22), somebody(90)]),
        seen([somebody(80)], [somebody(81)], video=B, origin="json/S1/b"),
    )
    joints, _, summary = label_stream(stream, paths, "labelled")
    assert joints[:, 5, 0].tolist() == pytest.approx([21, 22, np.nan, np.nan], nan_ok=True)
    assert summary["labelled_share"] == 0.5
    said = capsys.readouterr().err
    assert "json/S1/b: its joints lie 60 px (median) from the labels of clip1; frames with" in said
    assert "more than one person in 1 of 4 frames; the one labels who is nearest to the" in said
    for rule in ("tracked", "strongest"):
        with pytest.raises(BadInput, match="from the labels of clip1"):
            label_stream(stream, paths, rule)
    tried("8", "a clip that shows a stranger alone", {"unlabelled and said": 1, "refused": 2})


def test_a_stream_without_labels_has_no_error(tmp_path):
    stream = make_stream(tmp_path, {A: np.concatenate([NO_LABEL] * 2)})
    paths = written(tmp_path, seen([somebody(10)], [somebody(10)]))
    for rule in RULES:
        joints, _, summary = label_stream(stream, paths, rule)
        assert (summary["mpjpe_px"], summary["found_share"]) == (None, None)
        assert np.isnan(joints).all() == (rule == "labelled")


def test_only_limb_joints_count_for_the_error_and_the_share(tmp_path):
    stream = make_stream(tmp_path, {A: label(20, joints=range(18))})
    person = somebody(24, range(8))  # a face and three limb joints
    person[0][:5] = 90
    _, _, summary = label_stream(stream, written(tmp_path, seen([person])), "labelled")
    assert (summary["mpjpe_px"], summary["found_share"]) == (4, 0.25)


def test_if_no_labelled_joint_was_found_there_is_a_share_but_no_error(tmp_path):
    stream = make_stream(tmp_path, {A: label(20, 2)})
    _, _, summary = label_stream(stream, written(tmp_path, seen([], [])), "labelled")
    assert (summary["mpjpe_px"], summary["found_share"]) == (None, 0.0)
    assert summary["frames_without_person"] == 2


TWO = {A: label(20, 2), B: label(50, 2)}
FIRST = seen([], [])
SECOND = seen([], [], video=B, origin="json/S1/b")


@pytest.mark.parametrize(
    ("detections", "fault"),
    [
        ([FIRST], "has 2 clips, but 1 detections files are given"),
        ([SECOND, FIRST], r"detections0\.h5: is for S1/Videos/b.mp4, but its clip clip0 is from"),
        ([FIRST, replace(SECOND, video="S5/Videos/b.mp4")], "is for S5/Videos/b.mp4"),
        ([FIRST, replace(SECOND, width=99)], "for frames of 99x80, but its clip clip1 has 100x80"),
        ([FIRST, seen([], video=B, origin="b")], "has 1 frames, but its clip clip1 has 2"),
        ([FIRST, replace(SECOND, origin=FIRST.origin)], "the same JSON files as /data/S1/Videos/a"),
    ],
)
def test_detections_of_other_clips_are_refused(tmp_path, detections, fault):
    stream = make_stream(tmp_path, TWO)
    label_stream(stream, written(tmp_path, FIRST, SECOND), "strongest")
    with pytest.raises(BadInput, match=fault):
        label_stream(stream, written(tmp_path, *detections), "strongest")


def test_a_study_may_move_and_its_paths_may_be_relative(tmp_path):
    stream = make_stream(tmp_path, {A: label(20, 1)})
    for video in ("/moved/S1/Videos/a.mp4", "Videos/a.mp4", "a.mp4"):
        label_stream(stream, written(tmp_path, seen([], video=video)), "labelled")


def test_a_clip_may_be_played_twice(tmp_path):
    stream = make_stream(tmp_path, {A: label(20, 2)})
    write_index(tmp_path / "twice.json", [tmp_path / "clip0.h5"] * 2)
    paths = written(tmp_path, seen([somebody(20)], [])) * 2
    joints, _, _ = label_stream(Stream(tmp_path / "twice.json"), paths, "labelled")
    assert np.isfinite(joints).any(axis=(1, 2)).tolist() == [True, False, True, False]
    assert len(stream) == 2

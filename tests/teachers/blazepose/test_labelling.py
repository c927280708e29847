import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from suites import TeacherSuite

from posequery.jobs.files import BadInput
from posequery.skeletons import from_blazepose
from posequery.sources import video
from posequery.teachers.blazepose import detector, labelling
from posequery.teachers.blazepose.labelling import (
    BlazePose,
    label_frames,
    label_stream,
    load_network,
)

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("POSEQUERY_LAB_DATA", ROOT / "results" / "lab" / "data"))
VIDEO = DATA / "pose2sim" / "videos" / "cam01.mp4"
DETECTOR = DATA / "mediapipe" / "pose_detection.tflite"
LANDMARKS = DATA / "mediapipe" / "pose_landmark_full.tflite"
FRAME = np.zeros((100, 200, 3), np.uint8)


class Scene:
    """Plays both networks: what they find in each frame is given in advance."""

    def __init__(self, found, present):
        self.found, self.present = iter(found), iter(present)
        self.detections = self.estimates = 0

    def detect(self, values):
        assert values.shape == (1, 224, 224, 3)
        self.detections += 1
        raw, logits = np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -9, np.float32)
        raw[0, 0, 2:8] = [10, 10, 100, 100, 100, 60]
        logits[0, 0] = 9 if next(self.found) else -9
        return {"Identity": raw, "Identity_1": logits}

    def landmark(self, values):
        assert values.shape == (1, 256, 256, 3)
        self.estimates += 1
        table = np.full((39, 5), 128, np.float32)
        table[34, 1] = 28
        return {
            "Identity": table.reshape(1, 195),
            "Identity_1": np.array([[0.9 if next(self.present) else 0.1]], np.float32),
            "Identity_3": np.full((1, 64, 64, 39), -60, np.float32),
        }

    def teacher(self):
        return BlazePose(self.detect, self.landmark)


def test_a_person_once_found_is_tracked_without_another_detection():
    scene = Scene(found=[True], present=[True] * 4)
    teacher = scene.teacher()
    poses = [teacher(FRAME) for _ in range(4)]
    assert all(pose is not None for pose in poses)
    assert (scene.detections, scene.estimates, teacher.detections) == (1, 4, 1)


def test_a_lost_person_is_searched_for_in_the_same_frame():
    scene = Scene(found=[True, True], present=[True, False, True, True])
    teacher = scene.teacher()
    assert [teacher(FRAME) is not None for _ in range(3)] == [True, True, True]
    assert (scene.detections, scene.estimates) == (2, 4)


def test_a_person_who_left_is_searched_for_in_every_frame():
    scene = Scene(found=[True, True, False, False, True], present=[True, False, False, True])
    teacher = scene.teacher()
    assert [teacher(FRAME) is not None for _ in range(5)] == [True, False, False, False, True]
    assert scene.detections == 5


def test_a_new_video_starts_with_a_detection():
    scene = Scene(found=[True, True], present=[True] * 4)
    teacher = scene.teacher()
    for _ in range(2):
        label_frames(teacher, [FRAME, FRAME], 50)
    assert scene.detections == 2


def test_frames_without_a_pose_have_nan_joints_and_no_confidence():
    scene = Scene(found=[False, True], present=[True])
    joints, confidence = label_frames(scene.teacher(), [FRAME, FRAME], 50)
    assert joints.shape == (2, 18, 2)
    assert joints.dtype == confidence.dtype == np.float32
    assert np.isnan(joints[0]).all()
    assert (confidence[0] == 0).all()
    assert np.isfinite(joints[1]).all()
    assert (confidence[1] > 0).all()


class Crowd:
    """Plays both networks of frames, each a list of people's places, the surest first.

    The second network finds whom its region was put on, unless the frame is in `lost`: then the
    region of the frame before shows nobody.
    """

    def __init__(self, frames, lost=()):
        self.frames, self.lost, self.number = frames, lost, -1
        self.anchors = detector.anchors()

    def detect(self, values):
        raw, logits = np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -9, np.float32)
        for rank, (x, y) in enumerate(self.frames[self.number]):
            place = np.array([x, y + 50]) / 200  # in the letterbox of 200 x 100 pixels
            anchor = np.hypot(*(self.anchors[:784] - place).T).argmin()
            centre = 224 * (place - self.anchors[anchor])
            raw[0, anchor, 2:8] = [10, 10, *centre, *(centre - [0, 20])]
            logits[0, anchor] = 9 - rank
        return {"Identity": raw, "Identity_1": logits}

    def landmark(self, values):
        table = np.full((39, 5), 128, np.float32)
        table[34, 1] = 28
        present = 0.1 if self.tracked and self.number in self.lost else 0.9
        self.tracked = False
        return {
            "Identity": table.reshape(1, 195),
            "Identity_1": np.array([[present]], np.float32),
            "Identity_3": np.full((1, 64, 64, 39), -60, np.float32),
        }

    def play(self, second):
        """Where the person is in each frame, as x; None where nobody is; and the teacher."""
        teacher, places = BlazePose(self.detect, self.landmark), []
        teacher.restart(second)
        for number in range(len(self.frames)):
            self.number = number
            self.tracked = teacher._region is not None
            pose = teacher(FRAME)
            places.append(None if pose is None else round(float(pose.landmarks[0, 0])))
        return places, teacher


LEFT, RIGHT = (60, 50), (150, 50)
"""90 px apart, where a fifth of the frame's diagonal has 45."""


def test_of_two_people_the_one_who_was_tracked_is_found_again(tried):
    """In frame 2 the other one is seen more surely, and in frame 4 alone."""
    frames = [[LEFT, RIGHT], [], [RIGHT, (70, 50)], [], [RIGHT], [RIGHT, (80, 50)]]
    places, _ = Crowd(frames, lost=[2, 4]).play(second=50)
    assert places == [60, 60, 70, 70, None, 80]
    tried("10", "two people, the tracked one lost and found", {"same person": 6})


def test_a_second_after_the_person_was_lost_it_begins_again():
    """At 3 frames a second."""
    frames = [[LEFT], *[[RIGHT]] * 4]
    places, _ = Crowd(frames, lost=[1]).play(second=3)
    assert places == [60, None, None, None, 150]


def test_a_new_video_begins_with_the_surest_person():
    crowd = Crowd([[LEFT], [RIGHT, LEFT]])
    teacher = BlazePose(crowd.detect, crowd.landmark)
    for number, expected in enumerate((60, 150)):
        crowd.number, crowd.tracked = number, False
        teacher.restart(50)
        assert round(float(teacher(FRAME).landmarks[0, 0])) == expected


def test_once_a_second_the_people_are_counted():
    """At 2.5 frames a second: frames 0, 2, 5, 7; in 2 and 5 there are two."""
    frames = [[LEFT, RIGHT] if number in (2, 3, 4, 5) else [LEFT] for number in range(9)]
    _, teacher = Crowd(frames).play(second=2.5)
    assert (teacher.looks, teacher.crowded, teacher.detections) == (4, 2, 4)


@pytest.fixture
def stream(tmp_path, make_stream):
    """Two clips, of 5 and 4 frames."""
    frame = FRAME[:96, :192]
    return make_stream(tmp_path, {"a": [frame] * 5, "b": [frame] * 4})


def test_a_stream_is_labelled_clip_by_clip(stream, capsys):
    scene = Scene(found=[True] + [False] * 4, present=[True] * 5)
    labels = label_stream(scene.teacher(), stream)
    assert labels.joints.shape == (9, 18, 2)
    assert np.isfinite(labels.joints[:5]).all()
    assert np.isnan(labels.joints[5:]).all()
    assert (labels.confidence[5:] == 0).all()
    assert labels.notes == {"looks": 2, "looks_with_several_people": 0}
    assert "more than one person" not in capsys.readouterr().err


def test_several_people_are_reported(stream, capsys, monkeypatch):
    crowd = Crowd([[LEFT, RIGHT]])
    crowd.number, crowd.tracked = 0, False
    labels = label_stream(BlazePose(crowd.detect, crowd.landmark), stream)
    assert labels.notes == {"looks": 2, "looks_with_several_people": 2}
    said = "BlazePose sees more than one person in 2 of 2 looks, one a second; it keeps to the one"
    assert said in capsys.readouterr().err


def test_a_video_shorter_than_its_clip_is_reported(stream, write_video):
    write_video(stream.clips[0].video, [FRAME[:96, :192]] * 3)
    scene = Scene(found=[True], present=[True] * 9)
    with pytest.raises(BadInput, match=r"a\.mp4: holds 3 frames, but its clip a has 5"):
        label_stream(scene.teacher(), stream)


class TestBlazePose(TeacherSuite):
    """Its two networks are played: of 4 frames of a clip the second shows nobody."""

    name = "blazepose"

    @pytest.fixture
    def stream(self, tmp_path, make_stream):
        return make_stream(tmp_path, {"a": [FRAME[:96, :192]] * 4})

    @pytest.fixture
    def files(self):
        return {"package": "mediapipe"}

    @pytest.fixture(autouse=True)
    def networks(self, monkeypatch):
        def load(path):
            assert path.parent == Path("mediapipe")
            if path.name == DETECTOR.name:
                self.scene = Scene([True, False, True], [True, False, True, True])
                return self.scene.detect
            assert path.name == LANDMARKS.name
            return self.scene.landmark

        monkeypatch.setattr(labelling, "load_network", load)


def test_a_truncated_video_is_reported(stream):
    source = Path(stream.clips[0].video)
    source.write_bytes(source.read_bytes()[:600])
    scene = Scene(found=[True], present=[True] * 9)
    with pytest.raises(BadInput, match=r"a\.mp4: is truncated"):
        label_stream(scene.teacher(), stream)


def test_a_broken_network_is_reported(tmp_path):
    pytest.importorskip("ai_edge_litert")
    (tmp_path / "broken.tflite").write_bytes(b"no network" * 10)
    with pytest.raises(BadInput, match=r"broken\.tflite: not a LiteRT network"):
        load_network(tmp_path / "broken.tflite")
    with pytest.raises(BadInput, match=r"none\.tflite: there is no such network"):
        load_network(tmp_path / "none.tflite")


def test_without_litert_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(BadInput, match=r"needs the package ai-edge-litert .*workstation\.lock"):
        load_network(tmp_path / "any.tflite")


def test_the_teacher_does_not_import_torch():
    code = "import sys, posequery.teachers.blazepose; sys.exit('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


@pytest.mark.skipif(not VIDEO.is_file() or not DETECTOR.is_file(), reason="lab data not fetched")
def test_landmarks_are_those_of_mediapipe_itself():
    """Guards every constant: reading heat maps 7 x 7 is off by 2.5 px, a wrong range by tens."""
    pytest.importorskip("ai_edge_litert")
    golden = json.loads(Path(__file__).with_name("golden.json").read_text())
    teacher = BlazePose(load_network(DETECTOR), load_network(LANDMARKS))
    frames = list(islice(video.frames(VIDEO), 41))
    for number, expected in golden["found"].items():
        teacher.restart(60)
        pose = teacher(frames[int(number)])
        off = np.linalg.norm(pose.landmarks - expected["landmarks"], axis=1)
        assert np.median(off) < 0.1, number
        assert off.max() < 1, number
        np.testing.assert_allclose(pose.visibility, expected["visibility"], atol=0.02)

    teacher.restart(60)
    teacher(frames[0])
    tracked = teacher(frames[1])
    off = np.linalg.norm(tracked.landmarks - golden["tracked"]["1"]["landmarks"], axis=1)
    assert np.median(off) < 0.2
    assert off.max() < 2

    teacher.restart(60)
    teacher.detections = 0
    labels = [teacher(frame) for frame in frames]
    assert teacher.detections == 1
    joints, _ = from_blazepose(
        np.stack([pose.landmarks for pose in labels]), np.stack([p.visibility for p in labels])
    )
    # A tracked joint stays near where a new detection finds it.
    detected, _ = from_blazepose(np.array([golden["found"]["40"]["landmarks"]]), np.ones((1, 33)))
    assert np.median(np.linalg.norm(joints[40] - detected[0], axis=1)) < 10

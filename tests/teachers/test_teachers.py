"""The registry of teachers; each teacher's own file inherits the common suite."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from dropping import dropped

from posequery import teachers
from posequery.clips import Stream
from posequery.jobs.files import BadInput
from posequery.teachers import Labels

ROOT = Path(__file__).resolve().parents[2]

TOY = '''
"""Everybody stands in the middle."""
import numpy as np

from posequery.teachers import Labels, Teacher


def _label(stream, files, settings, device):
    count = len(stream)
    joints = np.full((count, 18, 2), 5, np.float32)
    return Labels(joints, np.ones((count, 18), np.float32), {"guessed": count})


TEACHER = Teacher("the middle", _label, needs=("filmed",))
'''


def test_every_teacher_inherits_the_common_suite():
    texts = [path.read_text() for path in Path(__file__).parent.rglob("test_*.py")]
    for name in teachers.names():
        if teachers.load(name).label:
            own = [text for text in texts if f'\n    name = "{name}"' in text]
            assert any("(TeacherSuite):" in text for text in own), name


@pytest.mark.filterwarnings("error")
def test_a_stream_without_a_frame_has_no_share():
    labels = Labels(np.empty((0, 18, 2), np.float32), np.empty((0, 18), np.float32))

    class Empty:
        def __len__(self):
            return 0

        def joints(self, indices):
            return np.empty((len(indices), 18, 2), np.float32)

    assert teachers.summary(labels, Empty()) == {
        "mpjpe_px": None,
        "found_share": None,
        "labelled_share": None,
        "joints_found": 0.0,
    }


def test_a_teacher_is_one_file(tmp_path, make_stream):
    with dropped(teachers, tmp_path / "teachers", "toy", TOY):
        assert "toy" in teachers.names()
        toy = teachers.load("toy")
    assert "toy" not in teachers.names()
    assert (toy.key, toy.torch, toy.watches, toy.files(["a"])) == ("", False, True, {})
    stream = make_stream(tmp_path, {"a": [np.zeros((48, 64, 3), np.uint8)] * 3})
    labels = toy.label(stream, {}, toy.settings(), "cpu")
    assert teachers.summary(labels, stream) == {
        "mpjpe_px": None,
        "found_share": None,
        "labelled_share": 1.0,
        "joints_found": 18.0,
        "guessed": 3,
    }


def test_ground_truth_is_a_teacher_that_labels_nothing():
    teacher = teachers.load("ground_truth")
    assert (teacher.title, teacher.label, teacher.needs) == ("ground truth", None, ("has_truth",))


def test_the_error_is_over_what_both_have(tmp_path, make_stream):
    """Of two frames with 12 labelled limb joints each, 6 are found, 5 px away."""
    index = make_stream(tmp_path, {"a": [np.zeros((48, 64, 3), np.uint8)] * 2}).path

    class Labelled(Stream):
        def joints(self, indices):
            return np.full((len(indices), 18, 2), 10, np.float32)

    joints = np.full((2, 18, 2), np.nan, np.float32)
    joints[0, 5:11] = (13, 14)
    labels = Labels(joints, np.zeros((2, 18), np.float32), {"frames": 2})
    found = teachers.summary(labels, Labelled(index))
    assert found == {
        "mpjpe_px": 5.0,
        "found_share": 0.25,
        "labelled_share": 0.5,
        "joints_found": 6.0,
        "frames": 2,
    }


def labels_of(frames, count):
    """Labels of whole people in some of so many frames."""
    joints = np.full((count, 18, 2), np.nan, np.float32)
    joints[list(frames)] = 5
    return Labels(joints, np.isfinite(joints).all(axis=2).astype(np.float32))


def test_a_teacher_that_finds_too_little_is_refused(tmp_path, make_stream, capsys, tried):
    stream = make_stream(tmp_path, {"a": [np.zeros((48, 64, 3), np.uint8)] * 10})
    refused = 0
    for found in range(11):
        for least in (Fraction(1, 5), Fraction(1, 1000), Fraction(1)):
            given = (labels_of(range(found), 10), stream, "BlazePose", least, "labels.h5")
            if found < 10 * least:
                with pytest.raises(BadInput, match=f"found a person in {found} of 10 frames, less"):
                    teachers.require_labels(*given)
                refused += 1
            else:
                teachers.require_labels(*given)
            said = capsys.readouterr().err
            mean = 18 if found else 0
            told = f"BlazePose found a person in {found} of 10 frames, with {mean:.1f} of 18 joints"
            assert said.startswith(told)
    assert refused == 2 + 1 + 10
    tried("10", "a teacher that sees somebody in too few frames", {"refused": refused})


def test_clips_in_which_a_teacher_finds_nobody_are_named(tmp_path, make_stream, capsys):
    frames = [np.zeros((48, 64, 3), np.uint8)] * 2
    stream = make_stream(tmp_path, {"a": frames, "b": frames, "c": frames})
    labels = labels_of([2], 6)
    teachers.require_labels(labels, stream, "BlazePose", Fraction(1, 10), "labels.h5")
    said = capsys.readouterr().err
    assert "BlazePose found nobody in a, c, which therefore has no labels" in said


def test_an_unknown_teacher_gets_the_nearest():
    with pytest.raises(ValueError, match="no teacher is called 'openpos': did you mean 'openpose'"):
        teachers.load("openpos")


def test_no_two_have_one_key():
    keys = [key for name in teachers.names() if (key := teachers.load(name).key)]
    assert len({*keys}) == len(keys)


def test_loading_every_teacher_opens_no_network_and_no_decoder():
    code = (
        "import sys; from posequery import teachers; [*map(teachers.load, teachers.names())]; "
        "print(*({'torch', 'cv2', 'av', 'h5py', 'ai_edge_litert'} & {*sys.modules}))"
    )
    environment = {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

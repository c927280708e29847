"""The OpenPose program, played by a script that takes its flags and writes its files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from openpose_people import video_info

from posequery.clips import ClipInfo, ClipWriter, read_labels, write_index
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.teachers.openpose import program as openpose_program
from posequery.teachers.openpose.detections import read_detections
from posequery.teachers.openpose.program import detect
from posequery.teachers.openpose.settings import OpenPose

ROOT = Path(__file__).resolve().parents[3]
SIZE, FRAMES = (160, 120), 6
CENTRES = [40 + 12 * number for number in range(FRAMES)]


def images():
    """A bright upright bar that moves to the right."""
    for centre in CENTRES:
        image = np.full((SIZE[1], SIZE[0], 3), 30, np.uint8)
        image[30:90, centre - 6 : centre + 6] = 220
        yield image


@pytest.fixture(scope="module")
def video(tmp_path_factory, write_video):
    folder = tmp_path_factory.mktemp("it's a folder") / "S1/Videos"
    folder.mkdir(parents=True)
    return write_video(folder / "Walking 1.54138969.mp4", images())


def make_program(path, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{source}")
    path.chmod(0o755)
    return path


@pytest.fixture
def program(tmp_path):
    source = (ROOT / "tests/builders/openpose_program.py").read_text()
    return make_program(tmp_path / "open pose/openpose.bin", source)


@pytest.fixture
def run(tmp_path, program, video):
    """Runs the stand-in on the video and returns the detections."""
    (tmp_path / "models").mkdir()

    def run(video=video, **given):
        given = OpenPose(**{"program": program, "models": tmp_path / "models"} | given)
        return detect(video, video_info(*SIZE, FRAMES), given, tmp_path / "scratch")

    yield run
    left = tmp_path / "scratch"
    assert not left.exists() or not any(left.iterdir())


def assert_on_the_person(joints):
    """Check the middle of the hips, left and right, and up and down against the video."""
    left, right = JOINTS.index("left_hip"), JOINTS.index("right_hip")
    middle = joints[:, [left, right], 0].mean(axis=1)
    np.testing.assert_allclose(middle, CENTRES, atol=8)
    assert (joints[:, left, 0] > joints[:, right, 0]).all()
    assert (joints[:, JOINTS.index("nose"), 1] < joints[:, JOINTS.index("left_ankle"), 1]).all()


@pytest.mark.parametrize("model", ["BODY_25", "COCO"])
def test_a_video_is_detected_frame_by_frame(run, video, model):
    found = run(model=model)
    assert found.start.tolist() == list(range(FRAMES + 1))
    assert (found.video, found.origin) == (str(video), str(video))
    assert (found.width, found.height) == SIZE
    assert_on_the_person(found.joints)


def test_a_folder_of_images_is_detected_image_by_image(tmp_path, run):
    folder = tmp_path / "images/S1_Walking_1.54138969"
    folder.mkdir(parents=True)
    for number, image in enumerate(images()):
        cv2.imwrite(str(folder / f"{folder.name}_{number + 1:06d}.jpg"), image)
    assert_on_the_person(run(video=folder).joints)


def test_the_program_is_given_openpose_s_flags(tmp_path, run, program, video):
    source = program.read_text().replace("def main():", "def main():\n    note()")
    note = (
        f"def note():\n    open({str(tmp_path / 'flags')!r}, 'w').write(json.dumps(sys.argv[1:]))"
    )
    program.write_text(source.replace("import json", f"import json\n{note}", 1))
    run(model="COCO", net_resolution="-1x160")
    flags = dict(flag.split("=", 1) for flag in json.loads((tmp_path / "flags").read_text()))
    assert Path(flags.pop("--write_json")).parents[1] == tmp_path / "scratch"
    assert flags == {
        "--video": str(video),
        "--model_folder": f"{tmp_path}/models/",
        "--model_pose": "COCO",
        "--net_resolution": "-1x160",
        "--keypoint_scale": "0",
        "--display": "0",
        "--render_pose": "0",
    }


def test_what_a_killed_run_left_is_deleted_and_nothing_else(tmp_path, run):
    run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openpose_program.shutil, "rmtree", lambda *_, **__: None)
        run()
    (tmp_path / "scratch/other").mkdir()
    (left,) = (tmp_path / "scratch").glob("*.*")
    assert any((left / "json").iterdir())
    run()
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == ["other"]
    (tmp_path / "scratch/other").rmdir()


def test_its_files_are_counted_while_it_runs(run, capsys, monkeypatch):
    monkeypatch.setattr(openpose_program, "HEARTBEAT", 0.01)
    run()
    assert f"OpenPose on Walking 1.54138969: {FRAMES}/{FRAMES} frames" in capsys.readouterr().err


def test_files_of_a_program_that_ends_at_once_are_counted(run, monkeypatch):
    class Ended(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            self.wait()

    monkeypatch.setattr(openpose_program.subprocess, "Popen", Ended)
    assert len(run()) == FRAMES


# What goes wrong


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        ("dies", "ended with exit code 255 after 3 of 6 frames: Cuda check failed .*: out of mem"),
        ("killed", "was killed by SIGSEGV after 3 of 6 frames: Starting OpenPose demo"),
        ("stops", "ran on .*4138969.mp4: 3 of the 6 frames .* from frame 3 on: OpenPose seems"),
        ("silent", "ended without an error message, but wrote no file"),
        ("hands", "ran on .* its file Walking 1.*_000000000000_keypoints.json holds a person with"),
    ],
)
def test_a_program_that_fails_is_reported(run, program, monkeypatch, capfd, trouble, fault):
    monkeypatch.setenv("OPENPOSE_STAND_IN", trouble)
    with pytest.raises(BadInput, match=fault) as caught:
        run()
    assert caught.value.path == str(program)
    # The log has its whole output.
    assert ("Coming from:" in capfd.readouterr().err) == (trouble == "dies")


def test_frames_that_it_left_out_may_be_treated_as_unlabelled(run, monkeypatch):
    monkeypatch.setenv("OPENPOSE_STAND_IN", "stops")
    assert run(missing="unlabelled").read.tolist() == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import sys\nsys.exit(3)", "exit code 3 after 0 of 6 frames: it printed nothing"),
        ("import sys\nsys.exit('a\\nlast words')", "exit code 1 after 0 of 6 frames: last words"),
        ("print('Error:')\nimport sys\nsys.exit(1)", "exit code 1 .*: Error:"),
    ],
)
def test_the_end_of_its_output_is_reported(tmp_path, run, source, fault):
    with pytest.raises(BadInput, match=fault):
        run(program=make_program(tmp_path / "other.bin", source))


def test_an_unknown_flag_is_reported(run, program):
    program.write_text(program.read_text().replace('    "net_resolution": "-1x368",\n', ""))
    with pytest.raises(BadInput, match="exit code 1 .*unknown command line flag 'net_resolution'"):
        run()


def missing(tmp_path):
    return tmp_path / "nothing.bin"


def locked(tmp_path):
    (tmp_path / "locked.bin").write_text("#!/bin/sh\n")
    return tmp_path / "locked.bin"


def of_another_machine(tmp_path):
    (tmp_path / "arm.bin").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(64))
    (tmp_path / "arm.bin").chmod(0o755)
    return tmp_path / "arm.bin"


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (missing, "there is no such executable program"),
        (locked, "there is no such executable program"),
        (lambda tmp_path: tmp_path, "there is no such executable program"),
        (of_another_machine, "cannot be run"),
    ],
)
def test_a_program_that_cannot_be_run_is_reported(tmp_path, run, make, fault):
    with pytest.raises(BadInput, match=fault):
        run(program=make(tmp_path))


def test_missing_models_are_reported(tmp_path, run):
    with pytest.raises(BadInput, match="elsewhere: there is no such folder"):
        run(models=tmp_path / "elsewhere")


def test_a_program_does_not_outlive_an_interrupted_run(tmp_path, run, monkeypatch):
    source = f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    source += f"time.sleep(4)\nopen({str(tmp_path / 'outlived')!r}, 'w')"
    program = make_program(tmp_path / "slow.bin", source)
    monkeypatch.setattr(openpose_program, "HEARTBEAT", 0.01)

    def interrupt(output):
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(openpose_program, "_written", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(program=program)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not (tmp_path / "outlived").exists()


# The scripts


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a parent's death")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_does_not_outlive_a_killed_job(tmp_path, video, how):
    source = f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
    program = make_program(tmp_path / "slow.bin", f"{source}time.sleep(60)")
    (tmp_path / "models").mkdir(exist_ok=True)
    given = OpenPose(program=program, models=tmp_path / "models")
    words = ["--video", video, "--settings", given.model_dump_json()]
    words += ["--scratch", tmp_path / "scratch", "--output", tmp_path / "found.h5"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, str(ROOT / "scripts/detect_openpose.py"), *map(str, words)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as job:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.02)
        job.send_signal(how)
    number = int((tmp_path / "pid").read_text())
    for _ in range(250):
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{number}/stat").read_text().split()[2] == "Z":
            return  # dead, and not yet reaped
        time.sleep(0.02)
    pytest.fail("the program is still alive")


def script(name, *arguments, ok=True):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, str(ROOT / "scripts" / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode == 0) == ok, done.stderr
    return done.stderr


def test_the_scripts_go_from_a_video_to_labels(tmp_path, program, video):
    (tmp_path / "models").mkdir()
    found = tmp_path / "found.h5"
    given = OpenPose(
        program=program, models=tmp_path / "models", net_resolution="-1x160", person="labelled"
    )
    settings = ("--settings", given.model_dump_json())
    scratch = ("--scratch", tmp_path / "scratch")
    script("detect_openpose", "--video", video, *settings, *scratch, "--output", found)
    detections = read_detections(found)
    assert_on_the_person(detections.joints)
    info = ClipInfo("w", "S1", "Walking", 1, "c", 5, 50.0, *SIZE, 16, str(video))
    with ClipWriter(tmp_path / "w.h5") as writer:
        for _ in range(5):
            writer.append(np.zeros((16, 16, 3), np.uint8))
        writer.close(info, detections.joints[:5] + np.float32([3, 4]))
    index = tmp_path / "stream.json"
    write_index(index, [tmp_path / "w.h5"])
    labels, summary = tmp_path / "labels.h5", tmp_path / "openpose.json"
    files = ("--files", json.dumps({"detections": [str(found)]}))
    made = ("--output", labels, "--summary", summary)
    which = ("--teacher", "openpose", "--device", "cpu", "--least", "1/5")
    script("label", *which, "--stream", index, *files, *settings, *made)
    np.testing.assert_array_equal(read_labels(labels, index)[0], detections.joints[:5])
    assert json.loads(summary.read_text())["mpjpe_px"] == pytest.approx(5)


def test_the_script_reads_json_in_any_scale(tmp_path, video):
    values = [0.5, 0.25, 0.9] * 25
    folder = tmp_path / "json/S1"
    folder.mkdir(parents=True)
    for number in range(FRAMES):
        text = json.dumps({"people": [{"pose_keypoints_2d": values}]})
        (folder / f"{video.stem}_{number:012d}_keypoints.json").write_text(text)
    options = ("--video", video, "--subject", "S1", "--scratch", tmp_path / "scratch")
    options += ("--output", tmp_path / "found.h5", "--settings")
    given = OpenPose(labels=tmp_path / "json", body="BODY_25")
    scaled = given.model_copy(update={"keypoint_scale": 3})
    script("detect_openpose", *options, scaled.model_dump_json())
    assert read_detections(tmp_path / "found.h5").joints[0, 0].tolist() == [79.5, 29.75]
    errors = script("detect_openpose", *options, given.model_dump_json(), ok=False)
    assert errors.splitlines()[-1].startswith(f"error: {folder}: all joints lie between -1 and 1")

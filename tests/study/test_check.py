"""`make check`: a whole dataset, and broken ones, each told by the file and its mend."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import miniature
import numpy as np
import pytest
from media import numbered, write_cdf, write_video

from posequery.skeletons import JOINTS
from posequery.study import check
from posequery.study.loading import load_study
from posequery.study.plan import Plan

ROOT = Path(__file__).parents[2]
VIDEO = "S1/Videos/Directions 1.54138969.mp4"
CDF = "S1/MyPoseFeatures/D2_Positions/Directions 1.54138969.cdf"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return miniature.official(tmp_path_factory.mktemp("whole") / "human 3.6m")


@pytest.fixture
def root(whole, tmp_path):
    """A copy that a test may break: linked, so that what is changed must be unlinked first."""
    copy = shutil.copytree(whole, tmp_path / "data", copy_function=os.link)
    people(tmp_path / "coco")
    openpose(tmp_path / "openpose")
    return copy


def people(folder):
    """One COCO image with one person."""
    (folder / "images").mkdir(parents=True)
    shutil.copy(next(jpegs(folder)), folder / "images/000000000001.jpg")
    person = {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "iscrowd": 0,
        "area": 9.0,
        "bbox": [1, 1, 9, 9],
        "num_keypoints": 17,
        "keypoints": [5, 6, 2] * 17,
    }
    image = {"id": 1, "file_name": "000000000001.jpg", "width": 100, "height": 102}
    category = {"id": 1, "name": "person", "keypoints": list(JOINTS[:17])}
    content = {"images": [image], "annotations": [person], "categories": [category]}
    (folder / "people.json").write_text(json.dumps(content))


def jpegs(folder):
    yield from miniature.mmpose(folder / "mmpose", ("S1",), frames=1).glob("store/*.jpg")


def openpose(folder):
    """What OpenPose would write of every video of S1: one person in each frame."""
    body = {"people": [{"pose_keypoints_2d": [30.0, 40.0, 0.9] * 25}]}
    (folder / "S1").mkdir(parents=True)
    for place, stem in enumerate(miniature.STEMS["S1"]):
        for frame in range(4 + miniature.surplus("S1", place, stem)):
            file = folder / "S1" / f"{stem}.54138969_{frame:012d}_keypoints.json"
            file.write_text(json.dumps(body))


def look(root, **source):
    """The report on the study human36m with its paths bent to the small data."""
    coco = {key: str(root.parent / "coco" / name) for key, name in COCO.items()}
    study = load_study(
        "human36m",
        {
            "source": {"root": str(root), "frame_counts": "any", **source},
            "student": {"coco": coco, "validation": coco, "backbone": coco["annotations"]},
            "openpose": {"labels": str(root.parent / "openpose"), "body": "BODY_25"},
            "online": {"window": "100 frames", "continual_every": "8 frames"},
        },
        ROOT / "config",
    )
    return check.look(Plan(study))


COCO = {"annotations": "people.json", "images": "images"}


def test_a_whole_dataset_has_no_fault_and_is_counted_subject_by_subject(root):
    report = look(root)
    told = check.text(report)
    assert not report.faults, told
    rows = {line.split()[0]: line.split()[1:] for line in told.splitlines()[3:11]}
    assert rows["S1"] == ["30", "30", "of", "30", "30", "of", "30", "120", "2"]
    assert rows["S9"] == ["14", "14", "of", "14", "14", "of", "14", "56", "1"]
    assert rows["all"][0] == "179" and rows["all"][-2] == "716"
    # Of the four, this one alone is a first video of the test.
    assert "Left out by source.exclude: S9 Waiting 1\n" in told
    assert "student.coco: 1 images with people" in told
    assert "openpose.labels: 30 of the stream's 30 videos" in told
    assert "Nothing is missing or broken" in told
    assert report.images == 1 and all(49 < fps <= 50 for fps in report.fps.values())


def test_a_gap_at_a_videos_end_is_told(root):
    told = check.text(look(root, exclude=[]))
    assert "Known to be bad, and not in source.exclude: S9 Waiting 1" in told
    assert "S9-Waiting-1-54138969: the video's last 20 frames have no label" in told
    # The video that is shipped broken is no first video, so that no study of the paper reads it.
    assert "S11-Directions-54138969" not in told


def test_mmposes_layout(tmp_path, root):
    other = miniature.mmpose(tmp_path / "mmpose")
    report = look(other)
    (fault,) = report.faults[:1]
    assert str(fault).endswith(
        "has the layout 'mmpose', not 'official'. Write source.layout: mmpose."
    )
    # OpenPose saw the videos, whose names are other than the images'.
    told = check.text(look(other, layout="mmpose"))
    assert "179 of 179   179 of 179     716" in told


def test_an_engine_whose_packages_are_missing_is_a_fault():
    def faults(engine):
        study = load_study("tiny", {"online": {"engine": engine}}, ROOT / "config")
        return check.look(Plan(study)).faults

    assert not faults("onnxruntime")
    (fault,) = faults("torch2trt")
    assert "online.engine=torch2trt: needs tensorrt and torch2trt, not installed" in str(fault)


def test_an_engine_is_asked_for_only_where_cells_are_to_be_made(tmp_path, monkeypatch):
    """Elsewhere, of a restored archive for instance, results are read without it."""
    monkeypatch.chdir(tmp_path)
    plan = Plan(load_study("tiny", {"online": {"engine": "torch2trt"}}, ROOT / "config"))
    assert len(check.look(plan).faults) == 1
    for name in plan.cell_files("online"):
        Path(name).parent.mkdir(parents=True)
        Path(name).touch()
    assert not check.look(plan).faults


def replace(path, content=b""):
    path.unlink()
    path.write_bytes(content)


def zero_bytes(root):
    replace(root / VIDEO)


def truncated(root):
    content = (root / VIDEO).read_bytes()
    replace(root / VIDEO, content[: len(content) * 2 // 3])


def cut_at_its_end(root):
    """The table of contents is at the head, so that only the missing end tells."""
    frames = (numbered(frame, 100, 102) for frame in range(50))
    options = {"movflags": "faststart"}
    replace(root / VIDEO)
    content = write_video(root / VIDEO, frames, container_options=options).read_bytes()
    replace(root / VIDEO, content[:-1500])


def three_d(root):
    (root / CDF).unlink()
    write_cdf(root / CDF, np.zeros((1, 4, 96)))


def too_long(root):
    (root / CDF).unlink()
    write_cdf(root / CDF, miniature.pose(40).reshape(1, 40, 64))


def no_folder(root):
    shutil.rmtree(root)


def empty(root):
    shutil.rmtree(root)
    root.mkdir()


def packed(root):
    shutil.rmtree(root / "S5/Videos")
    (root / "S5/Videos_S5.tgz").touch()


def one_missing(root):
    (root / CDF).unlink()


def coco_cut_off(root):
    path = root.parent / "coco/people.json"
    path.write_text(path.read_text()[:-20])


def coco_without_images(root):
    next((root.parent / "coco/images").iterdir()).unlink()


def another_videos_json(root):
    for file in (root.parent / "openpose/S1").iterdir():
        file.rename(file.with_name(f"Jumping{file.name}"))


def hands_only(root):
    for file in (root.parent / "openpose/S1").iterdir():
        file.write_text('{"people": [{"hand_left_keypoints_2d": [1, 2, 0.5]}]}')


def frames_missing(root):
    folder = root.parent / "openpose/S1"
    for frame in range(2):
        (folder / f"Walking 1.54138969_{1 + frame:012d}_keypoints.json").unlink()


BROKEN = {
    zero_bytes: "Directions 1.54138969.mp4: is empty (0 bytes)",
    truncated: "Directions 1.54138969.mp4: has no video stream",
    cut_at_its_end: "Directions 1.54138969.mp4: is cut off",
    three_d: "'Pose' has 96 columns: these are 3-D positions. Take the file of the same name from",
    too_long: "frames, but its annotation",
    no_folder: "data: there is no such folder. Correct its path under source.root",
    empty: "data/S1: there is no such folder. Unpack its archives into it, see below. (And so of 6",
    packed: "S5/Videos: there is no such folder. Unpack {root}/S5/Videos_S5.tgz",
    one_missing: "D2_Positions: lacks 1 file(s), the first is 'Directions 1.54138969.cdf'",
    coco_cut_off: "people.json: is cut off or not JSON",
    coco_without_images: "000000000001.jpg: 1 of the 1 images with people are missing",
    another_videos_json: "holds OpenPose files of 'JumpingDirections",
    hands_only: "holds a person without a body",
    frames_missing: "2 of the 6 frames of 'Walking 1.54138969' have no file",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda function: function.__name__)
def test_a_broken_copy_is_told_by_its_file(root, broken):
    broken(root)
    report = look(root)
    told = check.text(report)
    assert BROKEN[broken].format(root=root) in told
    assert "Nothing is missing or broken" not in told
    assert len(told.splitlines()) < 60


def test_another_subjects_annotation_is_told_by_its_length(root):
    told = check.text(look(root, frame_counts="published"))
    assert "annotates 4 frames where Human3.6M has 1383" in told
    assert "(And so of 178 more.)" in told


def run(root, tmp_path, **more):
    study = tmp_path / "mine.yaml"
    source = {"kind": "human36m", "root": str(root), "frame_counts": "any"}
    values = {"extends": "tiny", "source": source, "teachers": ["ground_truth"], **more}
    study.write_text(json.dumps(values))
    command = [sys.executable, "-m", "posequery", "check", str(study)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_the_script_says_what_a_study_takes(root, tmp_path):
    done = run(root, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "What one seed takes" in done.stdout and "fine-tune" in done.stdout
    assert "together" in done.stdout and " MB in results/mine." in done.stdout


def test_a_device_that_is_not_there_leaves_out_the_hours_and_says_so(root, tmp_path):
    done = run(root, tmp_path, device="cuda")
    assert done.returncode == 0, done.stderr
    assert "No hours, since the student's speed could not be measured" in done.stdout
    assert "device=cuda" in done.stdout and "together" not in done.stdout


def test_the_script_fails_where_a_fault_stops_the_study(root, tmp_path):
    zero_bytes(root)
    done = run(root, tmp_path)
    assert done.returncode == 1 and "1 fault, which stops the study:" in done.stdout
    assert not done.stderr


def test_a_study_that_makes_its_data_is_estimated():
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for name, made, frames in (("mini", "renders", 840), ("lab", "fetches", 400)):
        command = [sys.executable, "-m", "posequery", "check", name]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        head = f"Study {name} {made} its data itself.\n\nNothing is missing or broken.\n"
        assert done.stdout.startswith(head)
        assert f"The stream has {frames} frames" in done.stdout
        assert "together" in done.stdout
        assert f" MB in results/{name} beside the data and their frames." in done.stdout


def test_settings_that_the_frames_are_too_few_for(root, tmp_path):
    done = run(root, tmp_path, online={"window": "120 frames"})
    assert done.returncode == 1
    told = (
        "online.window=120 frames: is no shorter than the stream of 120 frames: nothing is trained"
    )
    assert told in done.stdout
    done = run(root, tmp_path, offline={"rates": ["1/1000"]})
    assert done.returncode == 1 and "picks nothing of the pool's 600 frames" in done.stdout


def test_a_root_beside_the_data_is_told(root):
    for wrong in (root / "S1", root.parent):
        told = check.text(look(wrong))
        assert f"{wrong}: has no data, but {root} has. Correct source.root." in told


def test_one_fault_of_many_files_is_told_once(root):
    for path in (root / "S5/Videos").iterdir():
        replace(path)
    told = check.text(look(root))
    assert told.count("is empty (0 bytes)") == 1
    assert "(And so of 29 more.)" in told


def test_one_fault_of_few_files_names_them(root):
    first, second, *_ = sorted((root / "S5/Videos").iterdir())
    replace(first)
    replace(second)
    told = check.text(look(root))
    assert told.count("is empty (0 bytes)") == 1 and f"(And so of {second}.)" in told


def test_a_checkpoint_that_is_none_is_told(root, tmp_path):
    (tmp_path / "garbage.pt").write_bytes(b"no weights")
    done = run(root, tmp_path, student={"checkpoint": str(tmp_path / "garbage.pt")})
    assert done.returncode == 1
    assert done.stderr.startswith("error: ") and "garbage.pt: " in done.stderr

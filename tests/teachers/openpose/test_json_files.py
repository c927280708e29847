"""OpenPose's JSON files, written by hand from its documentation (doc/02_output.md)."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from edited import edited
from openpose_people import NAMES, crowd, video_info

from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.teachers.openpose import places
from posequery.teachers.openpose.detections import read_detections, write_detections
from posequery.teachers.openpose.json_files import from_json, inspect
from posequery.teachers.openpose.settings import OpenPose

SIZE = (1000, 1002)
STEM = "Directions 1.54138969"
POSE = {"Nose": (500.25, 100.5), "LWrist": (700.0, 400.75), "RAnkle": (450.5, 990.0)}
OURS = {"nose": "Nose", "left_wrist": "LWrist", "right_ankle": "RAnkle"}


def person(pose=POSE, model="BODY_25", missing=(0, 0), place=lambda point: point):
    """A person as written by OpenPose, with six digits; parts not in `pose` were not found."""
    values = []
    for name in NAMES[model]:
        x, y = place(np.array(pose[name])) if name in pose else missing
        values += [float(f"{x:.6g}"), float(f"{y:.6g}"), 0.75 if name in pose else 0]
    empty = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")
    return {"person_id": [-1], "pose_keypoints_2d": values} | {key: [] for key in empty}


def write(folder, frames, stem=STEM):
    """frames: {number: people}."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, people in frames.items():
        path = folder / f"{stem}_{number:012d}_keypoints.json"
        path.write_text(json.dumps({"version": 1.3, "people": people}))
    return path


def read(
    folder, frames, video=f"Videos/{STEM}.mp4", size=SIZE, subject=None, body="BODY_25", **given
):
    about = video_info(*size, frames)
    given = OpenPose(labels=folder, body=body, **given)
    return from_json(folder, video, about, given, subject)


@pytest.mark.parametrize("model", ["BODY_25", "COCO"])
def test_people_and_joints_are_read_as_written(tmp_path, model):
    other = {"Neck": (20.0, 30.0)}
    nobody = []
    write(tmp_path, {0: [person(POSE, model)], 1: nobody, 2: [person(other, model), person()]})
    write(tmp_path, {2: [person(other, model), person(POSE, model)]})
    found = read(tmp_path, 3, body=model)
    assert found.start.tolist() == [0, 1, 1, 3]
    assert found.read.all()
    assert len(found) == 3
    assert (found.width, found.height) == (1000, 1002)
    assert found.joints.dtype == found.confidence.dtype == np.float32
    for who in (0, 2):
        for joint, name in enumerate(JOINTS):
            if name in OURS:
                np.testing.assert_allclose(found.joints[who, joint], POSE[OURS[name]])
            else:
                assert np.isnan(found.joints[who, joint]).all()
    assert np.unique(found.confidence[0]).tolist() == [0, 0.75]
    assert found.joints[1, JOINTS.index("neck")].tolist() == [20, 30]
    assert np.isfinite(found.joints[1]).sum() == 2


@pytest.mark.parametrize("model", ["BODY_25", "COCO"])
@pytest.mark.parametrize(
    ("scale", "scale_size", "size", "place"),
    [
        (0, None, (1000, 1002), lambda p: p),
        # The frame fills 367 x 367 of the network's 368 x 368 input: 999 pixels over 366.
        (1, "368x368", (1000, 1002), lambda p: p * 366 / 999),
        # A full HD video fills 653 x 367 of 656 x 368: 1919 over 652 is less than 1079 over 366.
        (1, "656x368", (1920, 1080), lambda p: p * 652 / 1919),
        (2, "640x480", (1000, 1002), lambda p: p * 479 / 1001),
        (2, "1280x1280", (1000, 1002), lambda p: p * 1279 / 1001),
        (3, None, (1000, 1002), lambda p: p / (999, 1001)),
        (4, None, (1000, 1002), lambda p: 2 * p / (999, 1001) - 1),
    ],
)
def test_the_same_pose_in_every_keypoint_scale(tmp_path, scale, scale_size, size, place, model):
    missing = (-1, -1) if scale == 4 else (0, 0)
    write(tmp_path, {0: [person(POSE, model, missing, place)]})
    given = {"keypoint_scale": scale, "scale_size": scale_size, "body": model}
    found = read(tmp_path, 1, size=size, **given)
    for ours, theirs in OURS.items():
        joint = found.joints[0, JOINTS.index(ours)]
        np.testing.assert_allclose(joint, POSE[theirs], atol=0.01)
    assert np.isfinite(found.joints).sum() == 6


def test_a_scale_in_pixels_needs_its_size(tmp_path):
    write(tmp_path, {0: [person()]})
    with pytest.raises(ValueError, match="scale_size is needed for keypoint_scale 1"):
        read(tmp_path, 1, keypoint_scale=1)


def test_a_video_without_people_is_not_an_error(tmp_path):
    write(tmp_path, {0: [], 1: []})
    found = read(tmp_path, 2)
    assert found.joints.shape == (0, 18, 2)
    assert found.start.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("subject", "place"),
    [("S1", f"S1/{STEM}"), ("S1", "S1"), (None, STEM), (None, ".")],
)
def test_files_are_found_in_the_folders_for_their_subject_and_video(tmp_path, subject, place):
    write(tmp_path / place, {0: [person()]})
    write(tmp_path / place, {0: [person(), person()]}, stem="Directions.54138969")
    write(tmp_path / place, {0: [person(), person()]}, stem=f"x_{STEM}")
    (tmp_path / place / f"{STEM}_7_keypoints.json").write_text("not a frame of a video")
    write(tmp_path / "S5", {0: [person(), person()]})
    found = read(tmp_path, 1, subject=subject)
    assert found.start.tolist() == [0, 1]
    assert found.origin == str(tmp_path / place / STEM)


def test_the_first_folder_that_holds_any_of_them_is_used(tmp_path):
    write(tmp_path / "S1" / STEM, {0: [person()]})
    write(tmp_path / "S1", {0: [], 1: []})
    assert read(tmp_path, 1, subject="S1").start.tolist() == [0, 1]


@pytest.mark.parametrize("place", [".", STEM])
def test_a_folder_without_the_subjects_name_is_refused(tmp_path, place):
    """Human3.6M uses the same names for all subjects: a flat folder would match each of them."""
    write(tmp_path / place, {0: [person()]})
    with pytest.raises(BadInput, match="may belong to any subject") as caught:
        read(tmp_path, 1, subject="S1")
    assert caught.value.path == str(tmp_path / place)
    assert caught.value.fix == f"Put those of S1 into {tmp_path / 'S1'}"


def test_giving_a_subjects_folder_instead_of_its_parent_is_reported(tmp_path):
    write(tmp_path / "S1", {0: [person()]})
    with pytest.raises(BadInput, match=f"If they are S1's, give the parent folder: {tmp_path}"):
        read(tmp_path / "S1", 1, subject="S1")


def image_folder(folder, count, number=lambda i: i + 1):
    folder.mkdir(parents=True)
    for index in range(count):
        path = folder / f"{folder.name}_{number(index):06d}.jpg"
        cv2.imwrite(str(path), np.zeros((12, 20, 3), np.uint8))
    return folder


def write_of_images(folder, names, people):
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in zip(names, people, strict=True):
        text = json.dumps({"people": found})
        (folder / f"{name}_keypoints.json").write_text(text)


@pytest.mark.parametrize("place", ["S1", "S1/S1_Directions_1.54138969"])
def test_the_frames_of_an_image_folder_are_in_the_order_of_their_names(tmp_path, place):
    video = image_folder(tmp_path / "images/S1/S1_Directions_1.54138969", 3)
    names = [f"{video.name}_{number:06d}" for number in (1, 2, 3)]
    write_of_images(tmp_path / "json" / place, names, [[], [person()], [person(), person()]])
    found = read(tmp_path / "json", 3, video=video, subject="S1")
    assert found.start.tolist() == [0, 0, 1, 3]
    assert found.origin.endswith(f"{place}/S1_Directions_1.54138969")


def test_a_file_for_a_missing_image_is_refused(tmp_path):
    video = image_folder(tmp_path / "walk.1", 2)
    write_of_images(tmp_path / "json/walk.1", [f"walk.1_{i:06d}" for i in (1, 2, 3)], [[], [], []])
    with pytest.raises(BadInput, match=r"walk\.1_000003_keypoints\.json: belongs to no image in"):
        read(tmp_path / "json", 2, video=video)


# What cannot be of this video


def test_a_missing_or_empty_folder_is_reported(tmp_path):
    with pytest.raises(BadInput, match="there is no such folder"):
        read(tmp_path / "nowhere", 1)
    with pytest.raises(BadInput, match=rf"no OpenPose file of '{STEM}' \(searched .*S1.* or .*S1"):
        read(tmp_path, 1, subject="S1")


def test_the_videos_that_a_folder_holds_instead_are_listed(tmp_path):
    for stem in ("Walking 1.54138969", "Eating.54138969", "Sitting.1", "Waiting.1"):
        write(tmp_path / "S1", {0: [], 1: []}, stem=stem)
    with pytest.raises(BadInput) as caught:
        read(tmp_path, 1, subject="S1")
    assert caught.value.fault == (
        "holds OpenPose files of 'Eating.54138969', 'Sitting.1', 'Waiting.1' and 1 more, but none "
        f"of '{STEM}'"
    )


def test_more_files_than_frames_are_refused(tmp_path):
    write(tmp_path, {number: [] for number in range(4)})
    with pytest.raises(BadInput, match=r"_000000000003_key.*: is for frame 3, but .* has 3 frames"):
        read(tmp_path, 3)


@pytest.mark.parametrize(
    ("existing", "frames", "fault"),
    [
        ([0, 3, 5], 6, "3 of the 6 frames of .* have no file, the first is frame 1"),
        ([2, 3], 4, "2 of the 4 frames of .* have no file, the first is frame 0"),
        ([0, 1], 5, "3 of the 5 frames .* all from frame 2 on: OpenPose seems to have stopped"),
    ],
)
def test_frames_without_a_file_are_refused_or_unlabelled(tmp_path, existing, frames, fault):
    write(tmp_path, {number: [person()] for number in existing})
    with pytest.raises(BadInput, match=fault):
        read(tmp_path, frames)
    found = read(tmp_path, frames, missing="unlabelled")
    assert np.flatnonzero(found.read).tolist() == existing
    assert np.diff(found.start).tolist() == found.read.astype(int).tolist()
    (note,) = found.notes
    assert f"of the {len(found)} frames of '{STEM}' have no file" in note
    assert "treated as unlabelled" in note


def test_openpose_may_leave_out_a_fifth_at_the_very_end(tmp_path):
    write(tmp_path, {number: [person()] for number in range(8)})
    assert len(read(tmp_path, 10)) == len(read(tmp_path, 9)) == 8
    with pytest.raises(BadInput, match="3 of the 11 frames .* have no file"):
        read(tmp_path, 11)
    assert len(read(tmp_path, 10, missing="unlabelled")) == 10


def test_a_check_wants_the_files_that_the_clip_wants(tmp_path, tried):
    """Nine files of a video of ten frames: enough for a clip that ends where its labels do."""
    write(tmp_path, {number: [person()] for number in range(9)})
    given, source = OpenPose(labels=tmp_path, body="BODY_25"), SimpleNamespace()
    source.subjects_share_names = False
    clip = SimpleNamespace(video=f"{STEM}.mp4", subject="S1", slug="a")
    for frames, faults in ((9, []), (0, []), (10, ["has 9 frames, but its clip a has 10"])):
        lines, found = inspect(given, source, [(clip, video_info(*SIZE, 10), frames)])
        assert [fault.fault for fault in found] == faults
        assert lines == [f"openpose.labels: {1 - len(faults)} of the stream's 1 videos, {tmp_path}"]
    assert inspect(given, source, [(clip, None, 10)])[1] == []
    unlabelled = given.model_copy(update={"missing": "unlabelled"})
    lines, found = inspect(unlabelled, source, [(clip, video_info(*SIZE, 20), 20)])
    assert not found and lines[1].startswith(f"openpose.labels: {tmp_path}: 11 of the 20 frames")
    assert lines[1].endswith("they are treated as unlabelled") and not lines[2:]
    tried("8", "OpenPose's files end a frame early, by a check", {"refused": 1, "done right": 2})


def test_a_videos_files_are_identified_by_names_and_sizes(tmp_path):
    write(tmp_path / "a", {0: [person()], 1: []})
    before = digest(tmp_path / "a", Path(f"{STEM}.mp4"))
    copy = shutil.copytree(tmp_path / "a", tmp_path / "b", copy_function=shutil.copyfile)
    (copy / "README").write_text("not OpenPose's")
    write(copy, {0: [person()]}, stem=f"{STEM}-2")
    assert digest(copy, Path(f"{STEM}.mp4")) == before != ""
    write(copy, {1: [person()]})
    assert digest(copy, Path(f"{STEM}.mp4")) not in (before, "")
    assert digest(tmp_path / "nowhere", Path(f"{STEM}.mp4")) == ""


@pytest.mark.parametrize("subject", [None, "S1"])
@pytest.mark.parametrize("own", ["", "/seen"])
def test_a_change_to_any_file_of_a_folder_of_images_is_seen(tmp_path, subject, own):
    """Whose images are not named as the folder is."""
    video = image_folder(tmp_path / "walk", 3).rename(tmp_path / "seen")
    place, names = tmp_path / f"json/{subject or ''}{own}", [f"walk_{i:06d}" for i in (1, 2, 3)]
    write_of_images(place, names, [[], [person()], []])
    found = [digest(tmp_path / "json", video, subject)]
    for name in names:
        write_of_images(place, [name], [[person(), person()]])
        found.append(digest(tmp_path / "json", video, subject))
    assert len({*found, ""}) == 5


def digest(folder, video, subject=None):
    """As a process that has just started finds it."""
    places._listed_once.cache_clear()
    return places.digest(folder, subject, video)


def body(**changes):
    return person() | changes


VALUES = person()["pose_keypoints_2d"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is cut off or not JSON"),
        ('{"version":1.3,"people":[{"pose_keypoints_2d":[1,', "is cut off or not JSON"),
        ("[" * 100_000, "is cut off or not JSON"),
        ('{"people":[{"pose_keypoints_2d":[nan]}]}', "is cut off or not JSON"),
        (b"\xff\xfe\x00", "is cut off or not JSON"),
        ("[]", "is a list of 0 entries"),
        (
            '[{"people":[]},{"people":[]}]',
            "is a list of 2 entries, where OpenPose writes a file for",
        ),
        ("[[]]", "holds no list of 'people'"),
        ("3", "holds no list of 'people'"),
        (" " * (1 << 16) + "{", "is cut off or not JSON"),
        ("9" * 5000, "is cut off or not JSON"),
        ('{"people":[' + '{"a":' * 100_000, "is cut off or not JSON"),
        ("{}", "holds no list of 'people'"),
        ('{"people":{}}', "holds no list of 'people'"),
        ('{"people":[[]]}', "holds no list of 'people'"),
        ([body(pose_keypoints_2d=[], hand_left_keypoints_2d=[1, 2, 3])], "without a body"),
        ([{"hand_left_keypoints_2d": [1, 2, 3]}], "without a body"),
        ([person(), {"face_keypoints_2d": [1, 2, 3]}], "without a body"),
        ([body(pose_keypoints_2d=[1.0] * 45)], "a body of 45 numbers"),
        ([body(pose_keypoints_2d=VALUES[:-1])], "a body of 74 numbers"),
        ([body(pose_keypoints_2d={"0": 1})], "not a number"),
        ([body(pose_keypoints_2d="12")], "not a number"),
        ([body(pose_keypoints_2d=[*VALUES[:-1], "0.5"])], "not a number"),
        ([body(pose_keypoints_2d=[*VALUES[:-1], None])], "not a number"),
        ([body(pose_keypoints_2d=[*VALUES[:-1], True])], "not a number"),
        ([body(pose_keypoints_2d=[*VALUES[:-1], float("nan")])], "not finite"),
        ([body(pose_keypoints_2d=[float("inf"), *VALUES[1:]])], "not finite"),
        ([body(pose_keypoints_2d=[10**400, *VALUES[1:]])], "not finite or above 1e"),
        ([body(pose_keypoints_2d=[1.1e6, *VALUES[1:]])], "not finite or above 1e"),
        ([body(pose_keypoints_2d=[*VALUES[:-1], -0.1])], "a confidence below 0"),
        ([person(model="COCO")], r"another model \(BODY_25, BODY_25B, COCO\) than earlier files"),
    ],
)
def test_a_malformed_file_is_reported(tmp_path, text, fault, tried):
    write(tmp_path, {0: [person()], 2: [person()]})
    path = write(tmp_path, {1: text if isinstance(text, list) else []})
    if not isinstance(text, list):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput, match=fault) as caught:
        read(tmp_path, 3)
    assert caught.value.path == str(path)
    tried("12", "a malformed JSON file of OpenPose", {"refused": 1})


def test_people_without_bodies_are_fixed_by_openpose_s_flag(tmp_path):
    write(tmp_path, {0: [body(pose_keypoints_2d=[])]})
    with pytest.raises(BadInput, match="--body 1"):
        read(tmp_path, 1)


def test_anything_but_files_is_ignored(tmp_path):
    (tmp_path / f"{STEM}_000000000000_keypoints.json").mkdir()
    os.mkfifo(tmp_path / f"{STEM}_000000000001_keypoints.json")
    with pytest.raises(BadInput, match="holds no OpenPose file"):
        read(tmp_path, 2)


WHOLE = {"Nose": (400.0, 100.0), "LHip": (450.0, 500.0), "RHip": (380.0, 510.0)}


@pytest.mark.parametrize(
    ("written", "scale", "fault"),
    [
        (lambda p: p / (999, 1001), 0, "between -1 and 1: this is --keypoint_scale 3 or 4, not 0"),
        (lambda p: p / (999, 1001), 1, "between -1 and 1: this is --keypoint_scale 3 or 4, not 1"),
        (lambda p: 2 * p / (999, 1001) - 1, 0, "between -1 and 1"),
        (lambda p: p, 3, r"has a joint at \(399600, 100100\) with --keypoint_scale 3"),
        (lambda p: p, 4, "has a joint at"),
        (lambda p: -3 * p, 0, r"has a joint at \(-1200, -300\)"),
        (lambda p: 2 * p / (999, 1001) - 1, 3, "100% of the joints lie outside"),
        (lambda p: p + np.array([650, 0]), 0, "100% of the joints lie outside"),
        (lambda p: p + np.array([0, 600]), 0, "67% of the joints lie outside"),
        (lambda p: p * 10, 0, r"has a joint at \(4000, 1000\).*the frame is 1000x1002"),
    ],
)
def test_coordinates_that_do_not_fit_the_scale_or_the_video_are_refused(
    tmp_path, written, scale, fault
):
    write(tmp_path, {n: [person(WHOLE, missing=(0, 0), place=written)] for n in range(5)})
    size = "368x368" if scale == 1 else None
    with pytest.raises(BadInput, match=fault):
        read(tmp_path, 5, keypoint_scale=scale, scale_size=size)


def test_a_single_joint_just_outside_the_frame_is_accepted(tmp_path):
    write(tmp_path, {n: [person(WHOLE)] for n in range(9)})
    write(tmp_path, {9: [person(WHOLE | {"Nose": (1100.0, 5.0)})]})
    assert read(tmp_path, 10).joints[9, 0].tolist() == [1100, 5]


def test_a_scale_of_0_to_1_read_as_minus_1_to_1_is_questioned(tmp_path):
    write(tmp_path, {0: [person(WHOLE, place=lambda p: p / (999, 1001))]})
    (note,) = read(tmp_path, 1, keypoint_scale=4).notes
    assert note.endswith("should it be 3?")


# What the files do not say


def write_crowd(folder, parts, place=lambda points: points, **more):
    """A file for each person (k, 3) of `parts`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(parts):
        found = np.column_stack([place(one[:, :2]), one[:, 2]])
        found[one[:, 2] == 0] = 0
        content = {"people": [{"pose_keypoints_2d": found.ravel().tolist()}], **more}
        path = folder / f"{STEM}_{number:012d}_keypoints.json"
        path.write_text(json.dumps(content))


HD = (1920, 1080)
LIMB = [("left_wrist", "LWrist"), ("right_knee", "RKnee"), ("nose", "Nose"), ("left_hip", "LHip")]


@pytest.mark.parametrize("model", NAMES)
def test_the_body_model_is_found_by_where_the_parts_lie(tmp_path, model, capsys, tried):
    parts = crowd(np.random.default_rng(0), model)
    write_crowd(tmp_path, parts)
    found = read(tmp_path, len(parts), size=HD, body=None)
    for ours, theirs in LIMB:
        expected = parts[:, NAMES[model].index(theirs)]
        seen = expected[:, 2] > 0
        joints = found.joints[:, JOINTS.index(ours)]
        np.testing.assert_allclose(joints[seen], expected[seen, :2], rtol=1e-5)
        assert np.isnan(joints[~seen]).all()
    left, right, neck = (JOINTS.index(name) for name in ("left_shoulder", "right_shoulder", "neck"))
    middle = found.joints[:, [left, right]].mean(axis=1)
    assert np.nanmedian(np.abs(found.joints[:, neck] - middle)) < 6
    assert f"people of {model}, in the frame as shown" in capsys.readouterr().err
    tried("1", "OpenPose's files of a whole video", {"done right": 1})


def test_a_body_model_that_stays_open_is_asked_for(tmp_path, tried):
    write(tmp_path, {number: [person()] for number in range(9)})
    with pytest.raises(BadInput, match="too few people") as caught:
        read(tmp_path, 9, body=None)
    assert caught.value.path == str(tmp_path)
    assert "Set openpose.body" in caught.value.fix
    tried("1", "OpenPose's files of three parts each", {"key asked for": 1})


def test_a_portrait_video_whose_files_are_of_its_stored_frame(tmp_path, tried):
    """A phone's video: stored 1920 x 1080, shown 1080 x 1920 after a quarter turn right."""
    parts = crowd(np.random.default_rng(1), "COCO", noise=0)
    about = video_info(1080, 1920, len(parts), stored=HD, turns=3)
    upright = parts[:, :, :2] + [-420, 420]  # in the shown frame; in the stored one they lie
    write_crowd(tmp_path, np.dstack([upright, parts[:, :, 2]]))
    given = OpenPose(labels=tmp_path)
    found = from_json(tmp_path, f"{STEM}.mp4", about, given)
    seen = parts[:, 0, 2] > 0
    np.testing.assert_allclose(found.joints[seen, 0], upright[seen, 0], rtol=1e-5)
    lying = np.dstack([upright[..., 1], 1079 - upright[..., 0], parts[:, :, 2]])
    write_crowd(tmp_path, lying)
    again = from_json(tmp_path, f"{STEM}.mp4", about, given)
    np.testing.assert_allclose(again.joints, found.joints, rtol=1e-4)
    tried("2", "OpenPose's files of a quarter-turned video", {"done right": 2})


def test_files_of_a_mirrored_video_are_mirrored_back_with_left_and_right(tmp_path, tried):
    parts = crowd(np.random.default_rng(2), "BODY_25")
    about = video_info(*HD, len(parts), mirrored=True)
    write_crowd(tmp_path, parts)
    with pytest.raises(BadInput, match="is stored mirrored, and OpenPose's files do not say"):
        from_json(tmp_path, f"{STEM}.mp4", about, OpenPose(labels=tmp_path))
    shown, stored = (
        from_json(tmp_path, f"{STEM}.mp4", about, OpenPose(labels=tmp_path, geometry=name))
        for name in ("shown", "stored")
    )
    left, right = JOINTS.index("left_elbow"), JOINTS.index("right_elbow")
    np.testing.assert_allclose(
        stored.joints[:, left, 0], 1919 - shown.joints[:, right, 0], rtol=1e-4
    )
    np.testing.assert_allclose(stored.joints[:, left, 1], shown.joints[:, right, 1], rtol=1e-4)
    tried("2", "OpenPose's files of a mirrored video", {"done right": 2, "key asked for": 1})


# A canvas


def test_joints_in_pixels_of_a_canvas_are_scaled_to_the_frame(tmp_path, tried):
    parts = crowd(np.random.default_rng(3), "COCO")
    canvas = {"canvas_width": 910, "canvas_height": 512}  # 1920 x 1080 at 512, rounded

    def place(points):
        return (points + 0.5) * np.array([910, 512]) / HD - 0.5

    write_crowd(tmp_path, parts, place, **canvas)
    found = read(tmp_path, len(parts), size=HD, body=None)
    seen = parts[:, 0, 2] > 0
    np.testing.assert_allclose(found.joints[seen, 0], parts[seen, 0, :2], rtol=1e-4)
    tried("1", "joints in pixels of a stated canvas", {"done right": 1})


@pytest.mark.parametrize(
    ("canvas", "given", "fault"),
    [
        ({"canvas_width": 512, "canvas_height": 512}, {}, "canvas of 512x512, whose shape is not"),
        ({"canvas_width": 512, "canvas_height": 910}, {}, "canvas of 512x910, whose shape is not"),
        ({"canvas_width": 910}, {}, "a canvas that is no width and height"),
        ({"canvas_width": 910.0, "canvas_height": 512}, {}, "a canvas that is no width and height"),
        ({"canvas_width": True, "canvas_height": 512}, {}, "a canvas that is no width and height"),
        ({"canvas_width": 0, "canvas_height": 0}, {}, "a canvas that is no width and height"),
        ({"canvas_width": 10**400, "canvas_height": 9}, {}, "a canvas that is no width and height"),
        (
            {"canvas_width": 910, "canvas_height": 512},
            {"keypoint_scale": 2, "scale_size": "910x512"},
            "states a canvas, so that keypoint_scale 2",
        ),
    ],
)
def test_a_canvas_that_is_not_the_frame_resized_is_refused(tmp_path, canvas, given, fault, tried):
    write_crowd(tmp_path, crowd(np.random.default_rng(3), "COCO"), **canvas)
    with pytest.raises(BadInput, match=fault):
        read(tmp_path, 24, size=HD, body=None, **given)
    tried("1", "a canvas of another shape, or none at all", {"refused": 1})


def test_a_canvas_in_some_files_alone_is_refused(tmp_path):
    write_crowd(
        tmp_path, crowd(np.random.default_rng(3), "COCO"), canvas_width=910, canvas_height=512
    )
    path = tmp_path / f"{STEM}_000000000003_keypoints.json"
    content = json.loads(path.read_text())
    del content["canvas_width"], content["canvas_height"]
    path.write_text(json.dumps(content))
    with pytest.raises(BadInput, match="_000000000000_.*states a canvas, where other files do not"):
        read(tmp_path, 24, size=HD, body=None)


def test_a_canvas_tells_a_quarter_turn(tmp_path):
    """People in the middle fit both ways; the canvas is that of the shown frame, or the stored."""
    parts = crowd(np.random.default_rng(4), "COCO")
    for canvas, name in (((1080, 1920), "shown"), (HD, "stored")):
        about = video_info(1080, 1920, len(parts), stored=HD, turns=1)
        size = {"canvas_width": canvas[0], "canvas_height": canvas[1]}
        write_crowd(tmp_path, parts, lambda points: points / 2, **size)
        found = from_json(tmp_path, f"{STEM}.mp4", about, OpenPose(labels=tmp_path))
        seen = parts[:, 0, 2] > 0
        x, y = (parts[seen, 0, :2] / 2).T
        expected = np.column_stack({"shown": (x, y), "stored": (y, 1919 - x)}[name])
        np.testing.assert_allclose(found.joints[seen, 0], expected, rtol=1e-4)


def test_random_damage_is_refused_or_leaves_a_frame_s_people_readable(tmp_path, tried):
    """OpenPose's files have no sum: a digit that became another one is not noticed."""
    generator = np.random.default_rng(8)
    parts = crowd(generator, "BODY_25")
    found = Counter()
    for _ in range(150):
        write_crowd(tmp_path, parts)
        path = tmp_path / f"{STEM}_{generator.integers(len(parts)):012d}_keypoints.json"
        content = bytearray(path.read_bytes())
        for place in generator.integers(0, len(content), generator.integers(1, 4)):
            content[place] = generator.choice([0, 32, 45, 57, 91, 93, 123, 125, 255])
        path.write_bytes(content[: generator.choice([len(content), place])])
        faults = []
        try:
            read(tmp_path, len(parts), size=HD, body=None)
        except BadInput as fault:
            faults.append(fault)
        assert all(fault.path in (str(path), str(tmp_path)) for fault in faults)
        assert all(len(str(fault).splitlines()) == 1 for fault in faults)
        found["refused" if faults else "read"] += 1
    assert found["refused"] > 75
    tried("12", "random damage of an OpenPose file, of which it has no sum", found)


def test_a_list_of_one_frame_is_that_frame(tmp_path):
    path = write(tmp_path, {0: [person()]})
    path.write_text(f"[{path.read_text()}]")
    assert len(read(tmp_path, 1).joints) == 1


def test_a_huge_file_is_refused_unread(tmp_path, monkeypatch, tried):
    path = write(tmp_path, {0: [person()]})
    with open(path, "r+b") as file:
        file.truncate(1 << 30)  # sparse
    monkeypatch.setattr(json, "loads", lambda text: pytest.fail("read"))
    with pytest.raises(BadInput, match=r"has over 67,108,864 bytes"):
        read(tmp_path, 1)
    tried("12", "a JSON file of 1 GB", {"refused": 1})


# The detections file


def test_detections_are_written_and_read_back(tmp_path):
    write(tmp_path / "json", {0: [person()], 2: [person(), person(WHOLE)]})
    found = read(tmp_path / "json", 4, missing="unlabelled")
    write_detections(tmp_path / "found.h5", found)
    back = read_detections(tmp_path / "found.h5")
    for name, value in (vars(found) | {"notes": ()}).items():
        np.testing.assert_array_equal(getattr(back, name), value)
    write_detections(tmp_path / "again.h5", back)
    assert (tmp_path / "again.h5").read_bytes() == (tmp_path / "found.h5").read_bytes()


def cut(path: Path):
    path.write_bytes(path.read_bytes()[:900])


def without(path: Path):
    with edited(path) as file:
        del file["start"]


def unnamed(path: Path):
    with edited(path) as file:
        del file.attrs["video"]


def unshared(path: Path):
    with edited(path) as file:
        file["start"][1] = 9


def lengthened(path: Path):
    with edited(path) as file:
        del file["read"]
        file["read"] = np.ones(7, bool)


@pytest.mark.parametrize("damage", [cut, without, unnamed, unshared, lengthened, Path.unlink])
def test_a_broken_detections_file_is_refused(tmp_path, damage):
    write(tmp_path / "json", {0: [person()], 1: [person()]})
    write_detections(tmp_path / "found.h5", read(tmp_path / "json", 2))
    damage(tmp_path / "found.h5")
    with pytest.raises(BadInput, match=r"found\.h5: (not a valid|there is no such) detections"):
        read_detections(tmp_path / "found.h5")

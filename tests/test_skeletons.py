import numpy as np
import pytest

from posequery.skeletons import (
    HUMAN36M,
    JOINTS,
    LIMBS,
    LINKS,
    MIRROR,
    from_blazepose,
    from_coco,
    from_human36m,
    from_openpose,
    joint_called,
)

# The dataset's own names for those of its 32 joints that are used (metadata.xml).
HUMAN36M_NAMES = {
    1: "right_hip", 2: "right_knee", 3: "right_ankle",
    6: "left_hip", 7: "left_knee", 8: "left_ankle",
    17: "left_shoulder", 18: "left_elbow", 19: "left_wrist",
    25: "right_shoulder", 26: "right_elbow", 27: "right_wrist",
}  # fmt: skip

# MediaPipe's landmark names, in its order.
BLAZEPOSE_NAMES = """nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye
right_eye_outer left_ear right_ear mouth_left mouth_right left_shoulder right_shoulder left_elbow
right_elbow left_wrist right_wrist left_pinky right_pinky left_index right_index left_thumb
right_thumb left_hip right_hip left_knee right_knee left_ankle right_ankle left_heel right_heel
left_foot_index right_foot_index""".split()

# OpenPose's names for its body parts, in its order (doc/02_output.md, poseParameters.cpp).
BODY_25_NAMES = """Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee
RAnkle LHip LKnee LAnkle REye LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe
RHeel""".split()
OPENPOSE_COCO_NAMES = """Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist RHip RKnee
RAnkle LHip LKnee LAnkle REye LEye REar LEar""".split()


def test_joints_are_coco_s_seventeen_and_the_neck():
    assert len(JOINTS) == 18
    assert (JOINTS[0], JOINTS[5], JOINTS[10], JOINTS[16], JOINTS[17]) == (
        "nose", "left_shoulder", "right_wrist", "right_ankle", "neck",
    )  # fmt: skip
    assert [JOINTS[j] for j in LIMBS] == [
        f"{side}_{joint}"
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in ("left", "right")
    ]


def test_links_are_trt_pose_s_in_its_order():
    text = (
        "15-13, 13-11, 16-14, 14-12, 11-12, 5-7, 6-8, 7-9, 8-10, 1-2, 0-1, 0-2, 1-3, 2-4, 3-5, "
        "4-6, 17-0, 17-5, 17-6, 17-11, 17-12"
    )
    assert ", ".join(f"{a}-{b}" for a, b in LINKS) == text


def test_mirroring_swaps_left_and_right_and_undoes_itself():
    assert MIRROR[MIRROR].tolist() == list(range(18))
    for joint, other in enumerate(MIRROR):
        swapped = JOINTS[joint].replace("left_", "?").replace("right_", "left_")
        assert JOINTS[other] == swapped.replace("?", "right_")
    assert MIRROR[0] == 0
    assert MIRROR[17] == 17
    # Mirrored people have the same bones.
    bones = {frozenset(link) for link in LINKS}
    assert {frozenset(int(MIRROR[joint]) for joint in bone) for bone in bones} == bones


def test_human36m_joints_map_to_the_joints_of_the_same_names():
    assert {JOINTS[ours]: theirs for ours, theirs in HUMAN36M.items()} == {
        name: number for number, name in HUMAN36M_NAMES.items()
    }
    pose = np.random.default_rng(0).uniform(0, 1000, (3, 32, 2))
    joints = from_human36m(pose)
    assert joints.dtype == np.float32
    for theirs, name in HUMAN36M_NAMES.items():
        np.testing.assert_array_equal(joints[:, JOINTS.index(name)], pose[:, theirs].astype("f4"))
    np.testing.assert_allclose(joints[:, 17], (pose[:, 17] + pose[:, 25]) / 2, atol=1e-3)
    assert np.isnan(joints[:, :5]).all()
    assert np.isfinite(joints[:, 5:]).all()


@pytest.mark.parametrize("names", [BODY_25_NAMES, BLAZEPOSE_NAMES, OPENPOSE_COCO_NAMES, JOINTS])
def test_joints_by_the_names_that_programs_give_them(names):
    found = [joint_called(name) for name in names]
    assert sorted(filter(None, found)) == sorted(JOINTS[:17])
    for name, joint in zip(names, found, strict=True):
        plain = name.lower().replace("_", "")
        if joint:
            assert plain in (joint.replace("_", ""), joint[0] + joint.split("_")[-1])


@pytest.mark.parametrize(
    "name",
    "neck Neck head_bottom upper_neck head_top left_eye_inner Hip mid-hip face-12 left_hand_root "
    "left_thumb1 spine_3 left_ear_base left_eye2 LBigToe".split(),
)
def test_other_points_of_a_person_are_no_joint(name):
    assert joint_called(name) is None


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("left_sholder", "did you mean 'left_shoulder'?"),
        ("rihgt_knee", "did you mean 'right_knee'?"),
        ("tail_base", "there are nose, left_eye"),
        ("left_front_paw", "there are nose"),
        ("L_F_Elbow", "did you mean 'left_elbow'?"),
        ("left_right_eye", "did you mean 'right_eye'?"),
        ("left", "did you mean 'left_"),
        ("linkes_auge", "there are nose"),
        ("left_eye_é", "did you mean 'left_eye'?"),
        ("", "there are nose"),
        ("17", "there are nose"),
    ],
)
def test_a_name_that_is_none_of_a_persons_is_refused_with_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"'{name}' is no joint of a person: ") as refused:
        joint_called(name)
    assert near in str(refused.value)


def coco(**visible):
    """One person, joint j at (10 j, 10 j + 5), with visibilities given as, for example, v5=2."""
    person = np.zeros((1, 17, 3))
    person[0, :, 0] = 10 * np.arange(17)
    person[0, :, 1] = 10 * np.arange(17) + 5
    for name, value in visible.items():
        person[0, int(name[1:]), 2] = value
    return person


@pytest.mark.parametrize(
    ("left", "right", "neck"),
    [(0, 0, 0), (0, 2, 0), (1, 0, 0), (1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 2)],
)
def test_the_neck_is_as_visible_as_the_shoulders(left, right, neck):
    joints, visibility = from_coco(coco(v5=left, v6=right))
    assert visibility[0, 17] == neck
    assert np.isnan(joints[0, 17]).all() == (neck == 0)
    if neck:
        assert joints[0, 17].tolist() == [55, 60]


def test_coco_joints_keep_their_places_and_unlabelled_ones_have_none():
    joints, visibility = from_coco(coco(v0=2, v16=1))
    assert joints.shape == (1, 18, 2)
    assert joints.dtype == np.float32
    assert joints[0, 0].tolist() == [0, 5]
    assert joints[0, 16].tolist() == [160, 165]
    assert np.isfinite(joints).all(axis=2).sum() == 2
    assert visibility[0].nonzero()[0].tolist() == [0, 16]


def test_the_neck_is_rounded_to_whole_pixels():
    person = coco(v5=2, v6=2)
    person[0, 5, :2], person[0, 6, :2] = (10, 11), (13, 13)  # mean (11.5, 12)
    assert from_coco(person)[0][0, 17].tolist() == [12, 12]


def test_blazepose_landmarks_map_to_the_joints_of_the_same_names():
    generator = np.random.default_rng(1)
    landmarks = generator.uniform(0, 1000, (2, 33, 2))
    given = generator.uniform(0, 1, (2, 33))
    joints, confidence = from_blazepose(landmarks, given)
    assert joints.shape == (2, 18, 2)
    assert joints.dtype == confidence.dtype == np.float32
    for joint, name in enumerate(JOINTS[:17]):
        theirs = BLAZEPOSE_NAMES.index(name)
        np.testing.assert_array_equal(joints[:, joint], landmarks[:, theirs].astype("f4"))
        np.testing.assert_array_equal(confidence[:, joint], given[:, theirs].astype("f4"))
    np.testing.assert_allclose(joints[:, 17], landmarks[:, 11:13].mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(confidence[:, 17], given[:, 11:13].min(axis=1), rtol=1e-6)


def in_openpose_s_words(joint):
    side, _, rest = joint.partition("_")
    return {"left": "L", "right": "R"}[side] + rest.capitalize() if rest else joint.capitalize()


@pytest.mark.parametrize("names", [BODY_25_NAMES, OPENPOSE_COCO_NAMES])
def test_openpose_s_body_parts_map_to_the_joints_of_the_same_names(names):
    generator = np.random.default_rng(2)
    parts = generator.uniform(1, 1000, (3, len(names), 3))
    parts[1, names.index("LWrist")] = 0
    joints, confidence = from_openpose(parts)
    assert joints.shape == (3, 18, 2)
    assert joints.dtype == confidence.dtype == np.float32
    assert [in_openpose_s_words(name) for name in JOINTS[9:12]] == ["LWrist", "RWrist", "LHip"]
    for joint, name in enumerate(JOINTS):
        theirs = names.index(in_openpose_s_words(name))
        np.testing.assert_array_equal(confidence[:, joint], parts[:, theirs, 2].astype("f4"))
        seen = [0, 2] if name == "left_wrist" else [0, 1, 2]
        expected = parts[seen, theirs, :2].astype("f4")
        np.testing.assert_array_equal(joints[seen, joint], expected)
    assert np.isnan(joints[1, JOINTS.index("left_wrist")]).all()
    assert np.isnan(joints).sum() == 2


def test_a_part_that_openpose_did_not_find_has_zero_confidence():
    parts = np.full((1, 25, 3), [-1.0, -1.0, 0.0])  # as with --keypoint_scale 4
    joints, confidence = from_openpose(parts)
    assert np.isnan(joints).all()
    assert not confidence.any()


@pytest.mark.parametrize(
    ("mapping", "arrays"),
    [
        (from_human36m, [np.zeros((2, 17, 2))]),
        (from_human36m, [np.zeros((2, 32, 3))]),
        (from_coco, [np.zeros((17, 3))]),
        (from_coco, [np.zeros((1, 18, 3))]),
        (from_blazepose, [np.zeros((2, 39, 2)), np.zeros((2, 39))]),
        (from_openpose, [np.zeros((2, 15, 3))]),
        (from_openpose, [np.zeros((2, 25, 2))]),
        (from_openpose, [np.zeros((25, 3))]),
    ],
)
def test_another_joint_set_is_refused(mapping, arrays):
    with pytest.raises(ValueError, match="expected"):
        mapping(*arrays)


def test_no_people_is_an_empty_array():
    assert from_human36m(np.zeros((0, 32, 2))).shape == (0, 18, 2)
    assert from_coco(np.zeros((0, 17, 3)))[0].shape == (0, 18, 2)
    assert from_openpose(np.zeros((0, 25, 3)))[0].shape == (0, 18, 2)

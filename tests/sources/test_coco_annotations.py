import copy
import json

import numpy as np
import pytest

from posequery.jobs.bounds import IMAGE_PIXELS
from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.sources import coco_annotations
from posequery.sources.coco_annotations import read

COCO = JOINTS[:17]
POSETRACK = ("nose", "head_bottom", "head_top", *COCO[3:])
CROWDPOSE = (*COCO[5:], "head", "neck")
HALPE = """Nose LEye REye LEar REar LShoulder RShoulder LElbow RElbow LWrist RWrist LHip RHip LKnee
Rknee LAnkle RAnkle Head Neck Hip LBigToe RBigToe LSmallToe RSmallToe LHeel RHeel""".split()
AI_CHALLENGER = [
    *(f"{s} {j}" for s in ("Right", "Left") for j in ("Shoulder", "Elbow", "Wrist")),
    *(f"{s} {j}" for s in ("Right", "Left") for j in ("Hip", "Knee", "Ankle")),
    *("Top of Head", "Neck"),
]
AP_10K = """left_eye right_eye nose neck root_of_tail left_shoulder left_elbow left_front_paw
right_shoulder right_elbow right_front_paw left_hip left_knee left_back_paw right_hip right_knee
right_back_paw""".split()
ANIMAL_POSE = """L_Eye R_Eye L_EarBase R_EarBase Nose Throat TailBase Withers L_F_Elbow R_F_Elbow
L_B_Elbow R_B_Elbow L_F_Knee R_F_Knee L_B_Knee R_B_Knee L_F_Paw R_F_Paw L_B_Paw R_B_Paw""".split()
HAND = ["wrist", *(f"{f}{n}" for f in ("thumb", "forefinger", "pinky_finger") for n in range(1, 5))]


def place_of(joint):
    """Where a joint of the one person is: every joint elsewhere."""
    return 10 + 3 * JOINTS.index(joint), 20 + 2 * JOINTS.index(joint)


def person(names, meant, number=1, **more):
    """A person whose keypoints have these names; meant: the joint that each one is, or None."""
    triplets = [(*place_of(joint), 2) if joint else (1, 1, 2) for joint in meant]
    return {
        "id": number,
        "image_id": 4,
        "category_id": 1,
        "iscrowd": 0,
        "area": 12.5,
        "bbox": [1, 2, 3, 4],
        "keypoints": [value for triplet in triplets for value in triplet],
        **more,
    }


def dataset(names=COCO, meant=None):
    return {
        "categories": [{"id": 1, "name": "person", "keypoints": list(names)}],
        "images": [{"id": 4, "file_name": "a.jpg", "width": 100, "height": 80}],
        "annotations": [person(names, meant or names)],
    }


@pytest.fixture
def write(tmp_path):
    def written(content):
        path = tmp_path / "people.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return written


@pytest.fixture
def refused(write):
    def check(content, fault):
        with pytest.raises(BadInput, match=fault) as caught:
            read(write(content))
        return str(caught.value)

    return check


def in_place(found):
    """The joints of the one person, each of which is where it is meant to be."""
    (one,) = found.people
    seen = [name for name, (_, _, v) in zip(COCO, one.keypoints, strict=True) if v]
    for name in seen:
        assert tuple(one.keypoints[COCO.index(name), :2]) == place_of(name)
    return seen


def test_joints_are_read_by_their_names_in_any_order(write, tried):
    generator, orders = np.random.default_rng(0), [sorted(COCO), list(COCO[::-1])]
    orders += [generator.permutation(COCO).tolist() for _ in range(30)]
    for order in orders:
        found = read(write(dataset(order)))
        assert in_place(found) == list(COCO)
        assert found.labelled == JOINTS and found.notes == []
    tried("1", "COCO's joints in another order", {"done right": len(orders)})


SPELLINGS = {
    "spaces": lambda name: name.replace("_", " "),
    "titles": lambda name: name.replace("_", " ").title(),
    "dashes": lambda name: name.replace("_", "-"),
    "capitals": str.upper,
    "camel case": lambda name: "".join(part.capitalize() for part in name.split("_")),
    "a letter": lambda name: name.replace("left_", "l_").replace("right_", "r_"),
    "OpenPose's": lambda name: (
        name.replace("left_", "L ").replace("right_", "R ").title().replace(" ", "")
    ),
    "one word": lambda name: name.replace("left_", "l").replace("right_", "r"),
    "side last": lambda name: ".".join(reversed(name.split("_"))),
}


def test_usual_spellings_of_joints(write, tried):
    for respell in SPELLINGS.values():
        assert in_place(read(write(dataset([*map(respell, COCO)], COCO)))) == list(COCO)
    tried("1", "joints spelt otherwise", {"done right": len(SPELLINGS)})


def test_datasets_of_people_with_other_joints(write, tried):
    """What COCO does not have is left out, what they do not have is unlabelled; both are said."""
    plain = {coco.replace("_", ""): coco for coco in COCO}
    usual = {
        "posetrack": (POSETRACK, "head_bottom, head_top", ["left_eye", "right_eye"]),
        "crowdpose": (CROWDPOSE, "head, neck", list(COCO[:5])),
        "halpe": (HALPE, "Head, Neck, Hip, LBigToe, RBigToe and 4 more", []),
        "ai challenger": (AI_CHALLENGER, "Top of Head, Neck", list(COCO[:5])),
    }
    for names, unused, absent in usual.values():
        short = {"l": "left", "r": "right"}
        meant = []
        for name in names:
            word = name.lower().replace(" ", "").replace("_", "")
            long = short.get(word[0], "") + word[1:]
            meant.append(plain.get(word) or plain.get(long))
        found = read(write(dataset(names, meant)))
        assert in_place(found) == [name for name in COCO if name not in absent]
        assert found.labelled == tuple(name for name in JOINTS if name not in absent)
        assert f"its points {unused} are not used" in found.notes[0]
        wanted = [
            f"nobody is labelled with {', '.join(absent)}: nothing is learned of these"
        ] * bool(absent)
        assert found.notes[1:] == wanted
    tried("1", "people with more or fewer joints than COCO's", {"done right and said": len(usual)})


def test_a_joint_that_is_named_but_never_labelled_is_unlabelled(write):
    """PoseTrack names ears, for likeness with COCO, and labels none."""
    content = dataset(POSETRACK, [*POSETRACK[:1], None, None, *POSETRACK[3:]])
    values = content["annotations"][0]["keypoints"]
    values[9:15] = [0] * 6
    found = read(write(content))
    assert found.labelled == ("nose", *JOINTS[5:])
    assert "left_eye, right_eye, left_ear, right_ear: nothing is learned of these" in found.notes[1]
    values[15:18] = [0] * 3
    assert read(write(content)).labelled == ("nose", *JOINTS[6:17])  # no shoulder, no neck


def test_other_bodies_than_people_s_are_refused(refused, tried):
    found = [
        refused(
            dataset(AP_10K, [None] * 17),
            "'root_of_tail' is no joint .* .4 more of its names are unknown",
        ),
        refused(dataset(ANIMAL_POSE, [None] * 20), "'Throat' is no joint of a person"),
        refused(dataset(HAND, [None] * 13), "names no left and right shoulder"),
        refused(dataset([*COCO[:16], "right_ankel"], COCO), "did you mean 'right_ankle'"),
        refused(
            dataset([*map(str, range(17))], COCO), "'0' is no joint of a person: there are nose"
        ),
        refused(dataset([*COCO[:16], "l_eye"], COCO), "names left_eye twice"),
        refused(dataset([*COCO[:16], 7], COCO), "not text"),
        refused(dataset(()), "does not name the joints of 'person'"),
    ]
    tried("1", "joints of animals, hands, unknown or no names", {"refused": len(found)})


def test_only_the_category_of_people_counts(write, refused, tried):
    """Whatever order the categories and annotations stand in, and with or without keypoints."""
    content = dataset()
    dogs = [{"id": 2, "name": "dog", "keypoints": ["nose", "tail"]}, {"id": 3, "name": "cat"}]
    content["categories"] = [*dogs, *content["categories"]]
    box = {"id": 9, "image_id": 4, "category_id": 3, "bbox": [1, 2, 3, 4], "iscrowd": 0}
    dog = person(("nose", "tail"), (None, None), 8, category_id=2)
    content["annotations"] = [dog, box, *content["annotations"]]
    found = read(write(content))
    assert in_place(found) == list(COCO)
    assert found.notes == ["its 2 annotations of other categories than people are not used"]
    content["categories"][2]["name"] = "runner"
    refused(content, r"which of its categories is people's \(it has 'dog', 'cat', 'runner'\)")
    content["categories"][0]["keypoints"] = []
    assert in_place(read(write(content))) == list(COCO)  # the only one with keypoints
    content["annotations"][2]["category_id"] = 5
    refused(content, "entry 1 is malformed: there is no category 5")
    del content["annotations"][2]["category_id"]
    refused(content, "entry 1 is malformed: no 'category_id'")
    tried("1", "a second category", {"done right": 2, "refused": 3})


@pytest.mark.parametrize(
    ("part", "change", "fault"),
    [
        ("images", {"file_name": "b.jpg"}, r"an image's id twice \(4\)"),
        ("images", {"id": 5}, r"an image twice, under two ids \(a.jpg\)"),
        ("images", {"id": 5, "file_name": "./x/../a.jpg"}, "leads out of the folder"),
        ("images", {"id": 5, "file_name": "./a.jpg"}, r"under two ids \(a.jpg\)"),
        ("annotations", {"area": 9}, r"an annotation's id twice \(1\)"),
        ("categories", {"name": "dog"}, r"a category's id twice \(1\)"),
    ],
)
def test_what_is_listed_twice(refused, tried, part, change, fault):
    content = dataset()
    content[part].append({**content[part][0], **change})
    refused(content, fault)
    tried("8", "an id or an image twice", {"refused": 1})


HUGE = {
    "images": {
        "id": [2**63, -(2**63), 10**400, 1e308, True, None, "4", [4], {}],
        "width": [0, -5, 2**40, 10**400, 1.5, True, None, "100"],
        "height": [0, -5, IMAGE_PIXELS, 10**400, float("inf"), False, None],
        "file_name": ["", "..", "../a.jpg", "x/../../a.jpg", "/etc/passwd", "a\0.jpg", "x\\a.jpg",
                      "\ud800.jpg", "a\n.jpg", 5, None, ["a.jpg"]],
    },
    "annotations": {
        "id": [2**63, 10**400, 1.0, True, None, "1"],
        "image_id": [5, 2**63, 10**400, 4.0, True, None, "4", [4]],
        "category_id": [2, 2**63, 10**400, True, None, "1", [1]],
        "iscrowd": [2, -1, "0", None, float("nan"), [0]],
        "area": [-1, 1e308, 10**400, float("nan"), float("inf"), None, "9"],
        "bbox": [[1, 2, 3], [1, 2, 3, 1e308], [1, 2, 3, 10**400], [1, 2, -3, 4], [1, 2, 3, None],
                 [1, 2, 3, float("nan")], [[1, 2, 3, 4]], None, "1234", {}],
        "keypoints": [[], [1] * 50, [[1, 2, 2]] * 17, "x", None, {"x": 1}, [None] * 51,
                      [1e308, *[1] * 50], [10**400, *[1] * 50], [float("nan"), *[1] * 50],
                      [-(10.0**7), 1, 0, *[1] * 48], [101.5, 1, 2, *[1] * 48], [1, 1, 3] * 17,
                      [1, 1, 0.5] * 17, [1, 1, -1] * 17],
    },
}  # fmt: skip


def test_numbers_and_names_beyond_all_bounds(refused, tried):
    times = 0
    for part, keys in HUGE.items():
        for key, values in keys.items():
            for value in values:
                content = copy.deepcopy(dataset())
                content[part][0][key] = value
                refused(content, "malformed|keypoint outside image 4|which it does not list")
                times += 1
    tried("12", "a number or a name in COCO's file that is out of bounds", {"refused": times})


def test_whatever_stands_in_a_value_s_place(write, tried):
    """A wrong type at any place is refused as such, or does not matter; there is no traceback."""
    outcomes = {"refused": 0, "same result": 0}
    values = (None, True, 10**400, 1e400, "x", [], {}, [[]], [None], {"image_id": 1})

    def places(node, path=()):
        yield path
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in items if isinstance(node, dict | list) else ():
            yield from (
                places(value, (*path, key)) if isinstance(value, dict | list) else ((*path, key),)
            )

    for path in places(dataset(COCO[:7])):
        for value in values:
            content = dataset(COCO[:7])
            node = content
            for key in path[:-1]:
                node = node[key]
            if path:
                node[path[-1]] = value
            try:
                found = read(
                    write(content if path else value if isinstance(value, dict) else [value])
                )
            except BadInput:
                outcomes["refused"] += 1
            else:
                assert in_place(found)
                outcomes["same result"] += 1
    assert outcomes["refused"] > 400
    tried("12", "a wrong type anywhere in COCO's file", outcomes)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "cut off or not JSON"),
        ("[" * 200_000, "cut off or not JSON"),
        ('{"a":' * 200_000, "cut off or not JSON"),
        ('{"images": [' + "9" * 5000 + "]}", "cut off or not JSON"),
        ('{"images": [], "images": []}', "the key 'images' twice"),
        ('{"images": [{"id": 1, "id": 2}]}', "the key 'id' twice"),
        ('"images annotations categories"', "does not have all of"),
    ],
)
def test_text_that_is_no_annotation_file(refused, text, fault):
    refused(text, fault)


def test_bytes_that_are_no_text_are_refused(write):
    path = write(dataset())
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    with pytest.raises(BadInput, match="cut off or not JSON"):
        read(path)


def test_a_file_that_is_too_large_is_not_read(write, monkeypatch):
    monkeypatch.setattr(coco_annotations, "ANNOTATION_BYTES", 100)
    with pytest.raises(BadInput, match="more than any dataset's"):
        read(write(dataset()))


def test_a_file_that_may_not_be_read_is_not_called_broken(write, no_permission, tried):
    path = write(dataset())
    with no_permission(path), pytest.raises(BadInput, match="permission denied.*chmod u"):
        read(path)
    tried("9", "annotations that may not be read", {"refused as such": 1})


def test_the_fix_fits_a_file_of_one_s_own_and_a_fetched_one(refused):
    content = dataset()
    del content["annotations"][0]["area"]
    fix = refused(content, "no 'area'")
    assert "Correct it if it is your own, or else unpack or download it again" in fix

"""Which body model 75 or 54 numbers are of: by where the parts lie, or by a key."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from openpose_people import NAMES, crowd, pose, seen_by

from posequery.jobs.files import BadInput
from posequery.skeletons import JOINTS
from posequery.teachers.openpose.body import BODIES, LEAST, body_of

FOLDER = Path("json/S1")


def outcome(parts, model):
    try:
        found = body_of(parts, None, FOLDER)
    except BadInput as fault:
        return "key asked for" if "too few people" in fault.fault else "refused"
    return "right" if found == model else "wrong"


@pytest.mark.parametrize("model", BODIES)
@pytest.mark.parametrize("facing", [0, np.pi])
def test_people_seen_from_the_front_or_back_are_told_apart(model, facing, tried):
    generator = np.random.default_rng(0)
    tries = 40
    found = Counter(outcome(crowd(generator, model, facing=facing), model) for _ in range(tries))
    assert found == {"right": tries}
    tried("1", "75 or 54 numbers without names, from front or back", found)


@pytest.mark.parametrize("model", BODIES)
@pytest.mark.parametrize("noise", [0.005, 0.03])
def test_no_view_and_no_noise_is_read_as_another_model(model, noise, tried):
    """From anywhere, standing still or moving, and from the side alone, which may say nothing."""
    generator = np.random.default_rng(1)
    found = Counter()
    for facing, within in ((0, np.pi), (np.pi / 2, 0.3)):
        for still in (False, True) * 20:
            parts = crowd(generator, model, 12, facing, within, noise, still)
            found[outcome(parts, model)] += 1
    assert not found["wrong"] and not found["refused"]
    assert found["right"] and found["key asked for"]
    tried("1", "75 or 54 numbers without names, any view and noise", +found)


@pytest.mark.parametrize("model", BODIES)
def test_a_pure_side_view_decides_nothing_and_a_key_does(model):
    generator = np.random.default_rng(2)
    level = [pose(generator, np.pi / 2) for _ in range(30)]
    for one in level:  # neither turned nor bent
        for name in ("Shoulder", "Hip"):
            one[f"L{name}"][0] = one[f"R{name}"][0] = one["MidHip"][0]
            one[f"L{name}"][1] = one[f"R{name}"][1] = 0 if name == "Hip" else -0.48
        one["Neck"] = (one["LShoulder"] + one["RShoulder"]) / 2
    parts = np.stack([seen_by(generator, model, one, noise=0.005) for one in level])
    with pytest.raises(BadInput, match="too few people") as caught:
        body_of(parts, None, FOLDER)
    assert "openpose.body" in caught.value.fix
    assert body_of(parts, model, FOLDER) == model


@pytest.mark.parametrize(("model", "other"), [("BODY_25", "BODY_25B"), ("BODY_25B", "BODY_25")])
def test_a_key_that_the_people_contradict_is_refused(model, other, tried):
    parts = crowd(np.random.default_rng(3), model)
    assert body_of(parts, model, FOLDER) == model
    with pytest.raises(BadInput, match=f"holds people of {model}, .* but {other} is stated"):
        body_of(parts, other, FOLDER)
    with pytest.raises(BadInput, match="holds bodies of 75 numbers, but COCO has 54"):
        body_of(parts, "COCO", FOLDER)
    tried("1", "the other body model stated", {"refused": 2})


ORDERS = {
    "shuffled": lambda count: np.random.default_rng(5).permutation(count),
    "reversed": lambda count: np.arange(count)[::-1],
    "neck last": lambda count: np.r_[0, 2:count, 1],
}


@pytest.mark.parametrize("model", ["BODY_25", "COCO"])
@pytest.mark.parametrize("order", ORDERS)
def test_parts_in_another_order_are_refused(model, order, tried):
    parts = crowd(np.random.default_rng(4), model)
    found = outcome(parts[:, ORDERS[order](parts.shape[1])], model)
    assert found in ("refused", "key asked for")
    tried("1", "75 or 54 numbers in another order", {found: 1})


def test_the_median_outweighs_a_third_of_people_who_are_nonsense():
    generator = np.random.default_rng(6)
    for model in BODIES:
        parts = crowd(generator, model, 30)
        parts[::3, :, :2] = generator.uniform(0, 1000, parts[::3, :, :2].shape)
        assert body_of(parts, None, FOLDER) == model


def test_nobody_is_of_any_model_and_few_people_decide_nothing():
    generator = np.random.default_rng(7)
    assert body_of(np.empty((0, 25, 3)), None, FOLDER) == "BODY_25"
    assert body_of(np.empty((0, 18, 3)), None, FOLDER) == "COCO"
    parts = crowd(generator, "COCO", LEAST - 1)
    with pytest.raises(BadInput, match="too few people"):
        body_of(parts, None, FOLDER)


@pytest.mark.parametrize("model", BODIES)
def test_each_model_s_parts_become_the_joints_of_the_same_names(model):
    side = {"l": "left_", "r": "right_"}
    parts = np.full((1, len(NAMES[model]), 3), 0.5)
    parts[0, :, 0] = np.arange(len(NAMES[model]))
    joints, confidence = BODIES[model].read(parts)
    for joint, name in enumerate(JOINTS):
        theirs = [
            part
            for part in NAMES[model]
            if name == part.lower() or name == side.get(part[0].lower(), "") + part[1:].lower()
        ]
        numbers = [NAMES[model].index(part) for part in theirs]
        expected = numbers[0] if numbers else np.mean([5, 6])
        assert joints[0, joint, 0] == expected, name
    assert (confidence == 0.5).all()

import json

import pytest
from pydantic import ValidationError

from posequery.student.recipe import Augmentation, Recipe


def test_trt_poses_schedule() -> None:
    """1e-3, from epoch 75 on 1e-4, from 150 on 1e-5; ten batches an epoch."""
    recipe = Recipe(epochs=250, schedule=(75, 150))
    expected = {0: 1e-3, 749: 1e-3, 750: 1e-4, 1499: 1e-4, 1500: 1e-5, 2499: 1e-5}
    assert {batch: recipe.learning_rate_at(batch, 10) for batch in expected} == pytest.approx(
        expected
    )


def test_the_cosine_ends_near_zero_and_the_constant_does_not() -> None:
    cosine, constant = Recipe(epochs=4, schedule="cosine"), Recipe(epochs=4)
    rates = [cosine.learning_rate_at(batch, 2) / cosine.learning_rate for batch in range(8)]
    # (1 + cos(turn / 16)) / 2 of a whole turn
    half = [1, 0.96193977, 0.85355339, 0.69134172, 0.5, 0.30865828, 0.14644661, 0.03806023]
    assert rates == pytest.approx(half)
    assert {constant.learning_rate_at(batch, 2) for batch in range(8)} == {constant.learning_rate}


def test_a_recipe_is_read_from_plain_data() -> None:
    told = {
        "epochs": 2,
        "schedule": [1],
        "precision": "bfloat16",
        "augmentation": {"scale": [0.8, 1.2], "flip": True},
    }
    bounds = Augmentation(scale=(0.8, 1.2), flip=True)
    expected = Recipe(epochs=2, schedule=(1,), precision="bfloat16", augmentation=bounds)
    assert Recipe.model_validate_json(json.dumps(told)) == expected
    with pytest.raises(ValidationError, match="epoch"):
        Recipe.model_validate({"epoch": 2})


@pytest.mark.parametrize(
    "told",
    [
        {"stdev": 1e-160},
        {"stdev": 0.5},
        {"learning_rate": 1e-300},
        {"learning_rate": 11},
        {"schedule": [1] * 21},
        *({"augmentation": {name: 10.5}} for name in ("brightness", "contrast", "saturation")),
        {"augmentation": {"angle": 3.2}},
        {"augmentation": {"shift": 1.5}},
        {"augmentation": {"scale": [0.001, 1]}},
        {"augmentation": {"scale": [1, 1e6]}},
        {"augmentation": {"scale": [2, 1]}},
    ],
)
def test_numbers_with_which_nothing_can_be_learnt_are_refused(told: dict) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate(told)

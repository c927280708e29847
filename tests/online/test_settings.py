"""What each cell's job is told of the online study's settings, and what not."""

import pytest
from pydantic import ValidationError

from posequery.online.settings import Adaptation, Online


def test_a_job_is_told_what_changes_its_numbers_alone() -> None:
    grid = {"rates": ["2%"], "methods": [], "once_rate": "3%", "first_frames": "30 s"}
    assert Online(**grid).adaptation == Online().adaptation == Adaptation()
    told = {"window": "30 s", "weights": "reset", "training_takes": "7.6 s", "meanwhile": "missed"}
    found = Online(**grid, **told).adaptation
    assert found == Adaptation(**told)
    assert Adaptation.model_validate_json(found.model_dump_json()) == found


def test_a_job_is_told_no_more() -> None:
    with pytest.raises(ValidationError, match="rates"):
        Adaptation.model_validate({"rates": ["1%"]})


@pytest.mark.parametrize(
    ("settings", "counted"),
    [
        ({"methods": []}, False),
        ({"methods": ["baseline", "once"]}, False),
        ({"methods": ["continual"]}, True),
        ({"methods": ["continual"], "continual_every": "2 s"}, False),
        ({"methods": [], "window": "300 frames"}, True),
        ({"methods": [], "training_takes": "0 s"}, False),
        ({"methods": [], "training_takes": "3 frames", "meanwhile": "missed"}, True),
        ({"methods": [], "first_frames": "900 frames"}, True),
        ({"methods": [], "first_frames": "90 s"}, False),
    ],
)
def test_what_is_counted_in_frames(settings: dict, counted: bool) -> None:
    assert Online(**({"window": "10 s"} | settings)).in_frames == counted

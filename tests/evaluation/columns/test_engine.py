"""How often an engine failed on new weights."""

from types import SimpleNamespace

import numpy as np
import pytest

from posequery.evaluation.columns.engine import COLUMNS


@pytest.mark.parametrize(
    ("unswapped", "trainings", "expected"),
    [(1, 4, 0.25), (0, 4, 0), (None, 4, np.nan), (0, 0, np.nan)],
)
def test_the_share_of_trainings_that_did_not_go_live(
    unswapped: int | None, trainings: int, expected: float
) -> None:
    cell = SimpleNamespace(unswapped=unswapped, trainings=trainings)
    (column,) = COLUMNS
    assert column.of(SimpleNamespace(cell=cell)) == pytest.approx(expected, nan_ok=True)

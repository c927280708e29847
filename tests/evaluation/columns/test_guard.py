"""How often the guard kept new weights from going live."""

from types import SimpleNamespace

import numpy as np
import pytest

from posequery.evaluation.columns.guard import COLUMNS


@pytest.mark.parametrize(
    ("refused", "trainings", "expected"),
    [(3, 4, 0.75), (0, 4, 0), (None, 4, np.nan), (0, 0, np.nan)],
)
def test_the_share_of_trainings_that_were_refused(
    refused: int | None, trainings: int, expected: float
) -> None:
    cell = SimpleNamespace(refused=refused, trainings=trainings)
    (column,) = COLUMNS
    assert column.of(SimpleNamespace(cell=cell)) == pytest.approx(expected, nan_ok=True)

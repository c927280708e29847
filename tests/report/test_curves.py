"""Curves by hand, and against brute force."""

import numpy as np
import pytest
from edited import edited
from hypothesis import given
from hypothesis import strategies as st

from posequery.jobs.files import BadInput
from posequery.report.cells import read_cells
from posequery.report.curves import method_curve, rolling_mean, teacher_curve
from posequery.timing import Timing


def around(frames, window):
    return Timing.even(frames, 5.0).around(window)


@pytest.fixture
def truth(stream):
    return stream.joints(np.arange(len(stream)))


def test_rolling_mean_by_hand():
    values = np.array([1.0, 2.0, 6.0, np.nan, 4.0])
    assert rolling_mean(values, around(5, 1)) == pytest.approx(values, nan_ok=True)
    assert rolling_mean(values, around(5, 3)) == pytest.approx([1.5, 3.0, 4.0, 5.0, 4.0])
    assert rolling_mean(values, around(5, 2)) == pytest.approx([1.0, 1.5, 4.0, 6.0, 4.0])
    assert np.isnan(rolling_mean(np.full(3, np.nan), around(3, 2))).all()


@given(
    st.lists(st.one_of(st.just(np.nan), st.floats(0, 500)), min_size=1, max_size=40),
    st.integers(1, 60),
)
def test_rolling_mean_against_brute_force(values, window):
    values = np.array(values)
    expected = []
    for at in range(len(values)):
        part = values[max(0, at - window // 2) : at + (window + 1) // 2]
        known = part[np.isfinite(part)]
        expected.append(known.mean() if len(known) else np.nan)
    found = rolling_mean(values, around(len(values), window))
    assert found == pytest.approx(np.array(expected), abs=1e-6, nan_ok=True)


def test_curves_are_of_limbs_of_seeds_and_of_the_teacher(
    a_cell, write_cells, stream, truth, labels, tmp_path
):
    rows = [
        a_cell("online", "network", "uniform", 10, px, seed=seed)
        for seed, px in enumerate((10.0, 20.0))
    ]
    cells_csv, _ = write_cells(rows)
    with edited(tmp_path / rows[0]["folder"] / "record.h5") as file:
        joints = file["joints"][:]
        joints[:, :5] = 1000  # the face counts nowhere
        file["joints"][:] = joints
    curve = method_curve("a name", tmp_path, read_cells(cells_csv), truth, around(40, 5))
    assert (curve.label, curve.method) == ("a name", "uniform")
    assert curve.error == pytest.approx(np.full(40, 15.0))
    assert curve.updates.tolist() == [10, 20, 30]
    # 3 px in x and 4 px in y.
    taught = teacher_curve("teacher", labels, stream, truth, around(40, 5))
    assert taught.error == pytest.approx(np.full(40, 5.0))


def test_a_missed_frame_is_left_out(a_cell, write_cells, truth, tmp_path):
    row = a_cell("online", "network", "uniform", 10, 10.0)
    cells_csv, _ = write_cells([row])
    with edited(tmp_path / row["folder"] / "record.h5") as file:
        joints = file["joints"][:]
        joints[10:13] = np.nan
        joints[13:] += [10, 0]
        file["joints"][:] = joints
    curve = method_curve("uniform", tmp_path, read_cells(cells_csv), truth, around(40, 3))
    assert curve.error[8:15] == pytest.approx([10, 10, 10, np.nan, 20, 20, 20], nan_ok=True)


def test_a_foreign_or_missing_record_is_named(a_cell, write_cells, truth, tmp_path):
    rows = [a_cell("online", "network", "uniform", 10, 10.0)]
    cells_csv, _ = write_cells(rows, frames=39)
    cells = read_cells(cells_csv)
    with pytest.raises(BadInput, match="records 39 frames of a stream of 40"):
        method_curve("uniform", tmp_path, cells, truth, around(40, 5))
    (tmp_path / cells["folder"][0] / "record.h5").unlink()
    with pytest.raises(BadInput, match=r"record\.h5"):
        method_curve("uniform", tmp_path, cells, truth, around(40, 5))

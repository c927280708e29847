"""Tables read back exact, and what is no such table refused."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from posequery.evaluation.cells import of_cells
from posequery.jobs.files import BadInput, write_summed
from posequery.report.cells import (
    lowest_rate,
    picked_at,
    rates,
    read_cells,
    read_seconds,
    repeated,
    strategies,
    teachers,
)


@pytest.fixture
def files(a_cell, write_cells):
    row = a_cell("online", "network", "uniform", 20, 0.1 + 0.2, mpjpe_px_equal_lag=7)
    return write_cells([row, a_cell("offline", "none", "none", 0, 30.0)])


def test_rows_read_back_are_exact(files):
    cells, seconds = read_cells(files[0]), read_seconds(files[1], files[0])
    online, offline = cells.to_dict("records")
    assert online["rate"] == Fraction(1, 5) == seconds["rate"][0]
    assert online["mpjpe_px"] == 0.1 + 0.2
    assert (online["mpjpe_px_equal_lag"], online["k"]) == (7.0, 2)
    assert online["folder"] == "cells/online/stream/network/uniform/1of5/seed0"
    assert offline["rate"] == 0
    assert np.isnan(offline["mpjpe_px_without_first_window"])
    clock = seconds.to_dict("records")
    assert (clock[0]["training_s"], clock[0]["stream_s"]) == (1.0, 8.0)
    assert np.isnan([clock[1]["selection_s"], clock[1]["stream_s"]]).all()


def test_a_table_without_rows_has_its_columns(frame):
    cells = frame([])
    assert len(cells) == 0
    assert cells["mpjpe_px"].dtype == float
    assert cells["k"].dtype == int


def test_columns_that_are_not_known_are_kept(files):
    cells = pd.read_csv(files[0], dtype=str)
    cells.insert(3, "pck", ["0.75", None])
    cells["note"] = ["none", "1.5"]
    write_summed(files[0], cells.to_csv(index=False))
    read = read_cells(files[0])
    assert read["pck"][0] == 0.75
    assert np.isnan(read["pck"][1])
    assert read["note"].tolist() == ["none", "1.5"]
    assert read["mpjpe_px"][0] == 0.1 + 0.2


def test_what_is_no_such_table_is_refused(files):
    cells, seconds = files
    with pytest.raises(BadInput, match=r"seconds\.csv: is of the cells\.csv of sha256 \w{64}\."):
        read_cells(seconds)
    write_summed(seconds, seconds.read_text())
    with pytest.raises(BadInput, match=r"its columns are not .* lacks k, n, .*mpjpe_px, .*folder"):
        read_cells(seconds)
    write_summed(seconds, cells.read_text(), of_cells(cells))
    with pytest.raises(BadInput, match="its columns are not .* lacks training_s"):
        read_seconds(seconds, cells)
    with pytest.raises(BadInput, match="nowhere.csv: cannot be read"):
        read_cells(cells.parent / "nowhere.csv")
    write_summed(cells, "")
    with pytest.raises(BadInput, match="is no table"):
        read_cells(cells)


@pytest.mark.parametrize(
    ("there", "broken"),
    [
        ("30.0", "thirty"),  # no number
        (",30.0,", ",,"),  # a number that must be there
        (",1/5,", ",1/0,"),
        (",1000,", ",10.5,"),
        ("cells/offline/none/none/0/seed0", "a,b"),  # one field more
        (",cells/offline/none/none/0/seed0\n", "\n"),  # one field less
    ],
)
def test_a_broken_line_is_refused(files, there, broken):
    text = files[0].read_text()
    assert there in text
    write_summed(files[0], text.replace(there, broken))
    with pytest.raises(BadInput, match=r"cells\.csv: holds a broken line"):
        read_cells(files[0])


def test_a_torn_line_of_seconds_is_refused(files):
    write_summed(files[1], files[1].read_text().rstrip("\n").removesuffix(","), of_cells(files[0]))
    with pytest.raises(BadInput, match="holds a broken line"):
        read_seconds(files[1], files[0])


@pytest.fixture
def online(a_cell, frame):
    return frame(
        [
            a_cell("online", "none", "baseline", 0, 25.0),
            a_cell("online", "ground_truth", "continual", 100, 9.0, n=4, k=4),
            a_cell("online", "ground_truth", "once", 5, 22.0),
            a_cell("online", "ground_truth", "uniform", 20, 18.0),
            a_cell("online", "network", "uniform", 10, 18.0),
            a_cell("online", "network", "herding", 20, 18.0, k=3),
        ]
    )


def test_which_rows_and_columns_the_cells_make(online):
    assert strategies(online) == ["uniform", "random", "error", "least_confidence", "herding"]
    assert rates(online) == [Fraction(1, 20), Fraction(1, 10), Fraction(1, 5)]
    assert lowest_rate(online) == Fraction(1, 10)
    assert lowest_rate(online[:3]) is None
    assert teachers(online) == ["ground_truth", "network"]
    assert teachers(online[:4]) == ["ground_truth", "openpose"]
    picked = [picked_at(online, rate).tolist() for rate in (Fraction(1, 5), Fraction(1))]
    assert picked == [[2, 3], []]


def test_a_shared_cell_stands_in_every_row(online):
    found = repeated(online, ["baseline"], "teacher", ["a", "b"])
    assert len(found) == len(online) + 1
    shared = found[found["method"] == "baseline"]
    assert shared["teacher"].tolist() == ["a", "b"]
    assert shared["mpjpe_px"].tolist() == [25.0, 25.0]

"""Seconds of fabricated cells: training took k / 2 seconds, of a stream of 8."""

import csv
import io
from fractions import Fraction

import pytest

from posequery.online import profiles
from posequery.online.profiles import Profile
from posequery.report.cells import read_cells, read_seconds
from posequery.report.efficiency import (
    Budget,
    Devices,
    efficiency,
    efficiency_offline,
    real_time,
)
from posequery.report.formats import to_csv
from posequery.timing import Timing


def rows(table):
    return table.ours.printed(table.formats).to_numpy().tolist()


@pytest.fixture
def online(a_cell):
    return [
        a_cell("online", "none", "baseline", 0, 25.0),
        a_cell("online", "ground_truth", "continual", 100, 9.0, n=4, k=4),
        a_cell("online", "ground_truth", "once", 10, 22.0, trainings=1),
        a_cell("online", "network", "uniform", 10, 19.0),
        a_cell("online", "ground_truth", "uniform", 20, 15.0),
        a_cell("online", "ground_truth", "uniform", 10, 18.0),
    ]


def test_online(online, captions, write_cells):
    cells_csv, seconds_csv = write_cells(online)
    table = efficiency(read_cells(cells_csv), read_seconds(seconds_csv, cells_csv), captions)
    assert rows(table) == [
        ["baseline", "–", "–", "0", "0", "0", "0.00", "0.0 %", "–"],
        ["once", "ground truth", "10 %", "1", "1", "3", "0.50", "6.2 %", "–"],
        ["continual distillation", "ground truth", "–", "4", "3", "30", "2.00", "25.0 %", "25200"],
        ["uniform", "ground truth", "10 %", "1", "3", "3", "0.50", "6.2 %", "–"],
        ["uniform", "ground truth", "20 %", "2", "3", "6", "1.00", "12.5 %", "–"],
        ["uniform", "teacher network", "10 %", "1", "3", "3", "0.50", "6.2 %", "–"],
    ]
    assert "the stream's 8 s" in table.caption
    assert "window of 10 frames" in table.caption
    assert "first videos" not in table.caption


def test_csv_holds_plain_numbers_alone(a_cell, online, captions, write_cells):
    again = [
        row | {"seed": 1, "trainings": row["trainings"] + 1, "folder": f"{row['folder']}b"}
        for row in online
    ]
    cells_csv, seconds_csv = write_cells(online + again)
    text = to_csv(efficiency(read_cells(cells_csv), read_seconds(seconds_csv, cells_csv), captions))
    assert not {*"–±%"} & {*text}
    spent = csv.DictReader(io.StringIO(text))
    (row,) = (row for row in spent if row["rate"] == "0.2")
    # 1 second of training in a stream of 8.
    assert (row["training s"], row["training s sd"]) == ("1", "0")
    assert (row["share of real time"], row["share of real time sd"]) == ("0.125", "0")
    assert (row["trainings"], row["trainings to"]) == ("3", "4")


def test_offline(a_cell, captions, write_cells):
    cells = [("none", "none", 0), ("ground_truth", "all", 100), ("ground_truth", "uniform", 1)]
    cells += [("ground_truth", "uniform", 20), ("ground_truth", "error", 1)]
    cells_csv, seconds_csv = write_cells([a_cell("offline", *cell, 20.0) for cell in cells])
    table = efficiency_offline(
        read_cells(cells_csv), read_seconds(seconds_csv, cells_csv), captions
    )
    assert rows(table) == [
        ["1 %", "10", "10", "2", "5.00 ± 0.00", "540"],
        ["20 %", "200", "200", "1", "100.00", "21600"],
        ["100 %", "1000", "1000", "1", "500.00", "–"],
    ]
    assert "first videos" in table.caption
    assert "window of 10 frames" not in table.caption


def test_no_cells_make_empty_tables(captions, write_cells):
    cells_csv, seconds_csv = write_cells([])
    cells, seconds = read_cells(cells_csv), read_seconds(seconds_csv, cells_csv)
    for make in (efficiency, efficiency_offline):
        text = to_csv(make(cells, seconds, captions))
        assert len(text.splitlines()) == 1
        assert text.endswith(",training s,share of real time,published training s\n") or (
            text == "rate,k,frames trained on,cells,training s,published training s\n"
        )


BOARD = Profile(
    title="a board",
    source="its maker",
    network="densenet_small",
    input_size=96,
    training_samples_per_second=4,
    build_s=2,
)


def asked(network="densenet_small"):
    return Budget("10 s", "4 frames", (Fraction(1, 10), Fraction(2, 5)), 2, network, 96)


def test_real_time_in_the_papers_setting(captions, tried):
    """At 20 % a window of 30 s needs 150 s; the most that keeps up is 60 frames, 4 %."""
    devices = Devices({"board": profiles.load("jetson_xavier_nx")}, asked())
    table = real_time(devices, Timing.even(40, 5), captions)
    board = ["the paper's Jetson Xavier NX", "the paper's"]
    assert rows(table) == [
        [*board, "a strategy", "1 %", "15", "30", "7.5", "25.0 %", "yes"],
        [*board, "a strategy", "20 %", "300", "30", "150", "500.0 %", "no"],
        [*board, "continual distillation", "100 %", "128", "2.56", "64", "2500.0 %", "no"],
        [*board, "the most that fits", "4 %", "60", "30", "30", "100.0 %", "yes"],
    ]
    for said in ("selection, labelling, engine build, swap", "lower bound", "an upper one"):
        assert said in table.caption
    assert "No device is declared for this study's student, densenet_small at 96" in table.caption
    tried("10", "a board's profile and another student", {"not applied, and said": 1})


def test_real_time_of_the_students_own_device(captions):
    table = real_time(Devices({"board": BOARD}, asked()), Timing.even(100, 5), captions)
    own = ["a board", "this study's"]
    assert rows(table)[-4:] == [
        [*own, "a strategy", "10 %", "5", "10", "4.5", "45.0 %", "yes"],
        [*own, "a strategy", "40 %", "20", "10", "12", "120.0 %", "no"],
        [*own, "continual distillation", "100 %", "4", "0.8", "4", "500.0 %", "no"],
        [*own, "the most that fits", "32 %", "16", "10", "10", "100.0 %", "yes"],
    ]
    assert "selection, labelling, swap" in table.caption and "No device" not in table.caption
    assert rows(real_time(Devices({}, asked()), Timing.even(100, 5), captions)) == []


def test_a_device_that_can_train_on_nothing_in_time(captions):
    slow = BOARD.model_copy(update={"build_s": 31})
    last = rows(real_time(Devices({"board": slow}, asked("resnet18")), Timing.even(9, 5), captions))
    assert last[-1][2:] == ["the most that fits", "0 %", "0", "30", "31", "103.3 %", "no"]


def test_devices_travel_as_json():
    text = (
        '{"window": "10 s", "continual_every": "4 frames", "rates": ["1/10", "2/5"], "epochs": 2, '
        '"network": "densenet_small", "input_size": 96, "profiles": {"board": '
        f"{BOARD.model_dump_json()}}}}}"
    )
    assert Devices.from_json(text) == Devices({"board": BOARD}, asked())

"""The published numbers, against literals typed once more from the paper."""

from fractions import Fraction

import pytest

from posequery.evidence.published import NUMBERS, find


def error(setting, method, percent, teacher=None):
    rate = Fraction(percent, 100)
    return find("mpjpe_px", setting, method=method, teacher=teacher, rate=rate).value


def test_table_1():
    rows = {
        method: [error("offline", method, percent) for percent in (1, 5, 10, 20, 40)]
        for method in ("uniform", "random", "error", "least_confidence")
    }
    assert rows == {
        "uniform": [11.92, 10.49, 10.56, 9.92, 11.52],
        "random": [11.87, 10.73, 10.48, 10.35, 9.81],
        "error": [12.48, 11.91, 10.99, 10.58, 10.53],
        "least_confidence": [11.82, 10.87, 10.57, 11.13, 10.09],
    }
    assert error("offline", "none", 0) == 16.33
    assert error("offline", "all", 100) == 10.14


@pytest.mark.parametrize(
    ("method", "trainings", "truth_1", "truth_20", "taught_1", "taught_20"),
    [
        ("baseline", 0, 13.52, 13.52, 13.52, 13.52),
        ("continual", 382, 11.21, 11.21, 11.84, 11.84),
        ("uniform", 33, 10.79, 9.09, 12.22, 11.52),
        ("random", 33, 10.98, 8.91, 11.42, 11.54),
        ("error", 33, 13.67, 8.90, 15.61, 11.14),
        ("least_confidence", 33, 14.22, 10.57, 15.28, 11.97),
    ],
)
def test_table_2(method, trainings, truth_1, truth_20, taught_1, taught_20):
    assert find("trainings", "online", method=method).value == trainings
    assert error("online", method, 1, "ground_truth") == truth_1
    assert error("online", method, 20, "ground_truth") == truth_20
    assert error("online", method, 1, "openpose") == taught_1
    assert error("online", method, 20, "openpose") == taught_20


def test_section_4():
    assert find("mpjpe_px", "online", method="teacher", teacher="openpose").value == 7.87
    assert find("training_s", "online", method="continual").value == 25200
    assert find("training_s", "online", method="uniform", rate=Fraction(1, 100)).value == 240
    assert find("stream_s", "online", method=None).value == 1260
    offline = [
        find("training_s", "offline", method=None, rate=Fraction(percent, 100)).value
        for percent in (40, 20, 10, 5, 1)
    ]
    assert offline == [54000, 21600, 10800, 4800, 540]


def test_what_the_paper_does_not_print():
    assert find("mpjpe_px", "offline", method="uniform", rate=Fraction(1, 2)) is None
    assert find("mpjpe_px", "online", method="once", teacher="openpose") is None


def test_each_number_stands_once_and_says_where():
    marks = [(n.quantity, n.setting, n.teacher, n.method, n.rate) for n in NUMBERS]
    assert len(set(marks)) == len(marks) == 6 + 20 + 6 + 24 + 5
    assert all(number.source.startswith(("Table ", "Section ")) for number in NUMBERS)

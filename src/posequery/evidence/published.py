"""The numbers that the paper printed, as data, each with the place it stands at.

The paper is *On the Query Strategies for Efficient Online Active Distillation* (arXiv:2309.01612).
Nothing here is computed: hours and minutes are turned into seconds, percentages into fractions,
and "approximately" stays in ``source``. Its teacher is OpenPose; ``least_confidence`` is its
'uncertainty', ``none`` and ``all`` are its 0 % and 100 % columns.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

PAPER = "On the Query Strategies for Efficient Online Active Distillation, arXiv:2309.01612"
DATA = "Human3.6M"
STRATEGIES = ("uniform", "random", "error", "least_confidence")
ONLINE_METHODS = ("baseline", "continual", *STRATEGIES)
TEACHER = "openpose"
WINDOW = 1500
"""Frames of an online window (Section 4.2)."""
BATCH = 128
"""Frames after which continual distillation trains, on all of them (Section 4.3)."""
EPOCHS = 10
"""Of every training (Section 4.1)."""


@dataclass(frozen=True)
class Number:
    """One printed number.

    quantity: mpjpe_px (pixels), trainings (count), training_s or stream_s (seconds).
    teacher: ground_truth, openpose, or None where the number holds for every teacher.
    method: None where it holds for every strategy. rate: None where it holds for every rate.
    """

    quantity: str
    setting: str
    teacher: str | None
    method: str | None
    rate: Fraction | None
    value: float
    source: str


def _percent(number: int) -> Fraction:
    return Fraction(number, 100)


_TABLE_1 = {
    "uniform": (11.92, 10.49, 10.56, 9.92, 11.52),
    "random": (11.87, 10.73, 10.48, 10.35, 9.81),
    "error": (12.48, 11.91, 10.99, 10.58, 10.53),
    "least_confidence": (11.82, 10.87, 10.57, 11.13, 10.09),
}
_TABLE_2 = {
    "baseline": (0, 13.52, 13.52, 13.52, 13.52),
    "continual": (382, 11.21, 11.21, 11.84, 11.84),
    "uniform": (33, 10.79, 9.09, 12.22, 11.52),
    "random": (33, 10.98, 8.91, 11.42, 11.54),
    "error": (33, 13.67, 8.90, 15.61, 11.14),
    "least_confidence": (33, 14.22, 10.57, 15.28, 11.97),
}
_OFFLINE_SECONDS = {40: 15 * 3600, 20: 6 * 3600, 10: 3 * 3600, 5: 80 * 60, 1: 9 * 60}


def _numbers() -> tuple[Number, ...]:
    found = [
        Number("mpjpe_px", "offline", None, "none", _percent(0), 16.33, "Table 1"),
        Number("mpjpe_px", "offline", None, "all", _percent(100), 10.14, "Table 1"),
        Number("mpjpe_px", "online", TEACHER, "teacher", None, 7.87, "Section 4.3"),
        Number("training_s", "online", None, "continual", None, 7 * 3600.0, "Section 4.4, approx."),
        Number("training_s", "online", None, "uniform", _percent(1), 4 * 60.0, "Section 4.4"),
        Number("stream_s", "online", None, None, None, 21 * 60.0, "Section 4.4, approx."),
    ]
    for method, errors in _TABLE_1.items():
        for rate, value in zip((1, 5, 10, 20, 40), errors, strict=True):
            found.append(
                Number("mpjpe_px", "offline", None, method, _percent(rate), value, "Table 1")
            )
    for method, (trainings, *values) in _TABLE_2.items():
        found.append(Number("trainings", "online", None, method, None, trainings, "Table 2"))
        columns = (("ground_truth", 1), ("ground_truth", 20), (TEACHER, 1), (TEACHER, 20))
        for (teacher, rate), value in zip(columns, values, strict=True):
            found.append(
                Number("mpjpe_px", "online", teacher, method, _percent(rate), value, "Table 2")
            )
    for rate, seconds in _OFFLINE_SECONDS.items():
        found.append(
            Number("training_s", "offline", None, None, _percent(rate), seconds, "Section 4.4")
        )
    return tuple(found)


NUMBERS = _numbers()


def find(
    quantity: str,
    setting: str,
    *,
    method: str | None,
    teacher: str | None = None,
    rate: Fraction | None = None,
) -> Number | None:
    """The printed number with exactly these marks; None where the paper prints none."""
    wanted = (quantity, setting, teacher, method, rate)
    for number in NUMBERS:
        marks = (number.quantity, number.setting, number.teacher, number.method, number.rate)
        if marks == wanted:
            return number
    return None


def value(quantity: str, setting: str, **marks: Any) -> float:
    """The value of what `find` finds; NaN where the paper prints none."""
    number = find(quantity, setting, **marks)
    return float("nan") if number is None else number.value


def mpjpe(setting: str, teacher: str, method: str, rate: Fraction) -> float:
    """The paper's MPJPE at this place of its Table 1 or 2; NaN where it prints none.

    Offline, 0 % is the unadapted student and 100 % all of the pool whatever the method. Online,
    any teacher but ground truth stands where OpenPose did; baseline, continual distillation and
    'teacher' (OpenPose itself) have one number for all rates.
    """
    if setting == "offline":
        ends = {Fraction(0): "none", Fraction(1): "all"}
        return value("mpjpe_px", setting, method=ends.get(rate, method), rate=rate)
    labels = "ground_truth" if teacher in ("ground_truth", "none") else TEACHER
    one = {"baseline": _percent(1), "continual": _percent(1), "teacher": None}
    at = one.get(method, rate)
    return value("mpjpe_px", setting, method=method, teacher=labels, rate=at)

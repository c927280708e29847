"""What does not fit is refused before NumPy makes it fit, in every function that takes arrays."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from posequery.arrays import shape
from posequery.cell import Outcome
from posequery.evaluation.columns import Evaluation, Played
from posequery.evaluation.person import person_sizes
from posequery.metrics import found_error, frame_errors, joint_errors, mpjpe
from posequery.online import parts
from posequery.record import Record
from posequery.strategies import Selection, Window, largest
from posequery.timing import Timing

POSES, ERRORS = np.zeros((5, 18, 2), np.float32), np.zeros((5, 18), np.float32)
HALF = Fraction(1, 2)
RANDOM = np.random.default_rng(0)


def test_a_shape_is_given_back_or_named() -> None:
    assert shape("poses", POSES, "n", "J", 2) == (5, 18, 2)
    assert shape("square", np.zeros((3, 3)), "n", "n") == (3, 3)
    for wanted, told in (
        (("n", "J", 3), r"poses: the shape is \(5, 18, 2\), not \(n, J, 3\)"),
        (("n", "n", 2), r"not \(n, n, 2\)"),
        (("n",), r"not \(n,\)"),
    ):
        with pytest.raises(ValueError, match=told):
            shape("poses", POSES, *wanted)
    with pytest.raises(ValueError, match="poses: an array is needed, not list"):
        shape("poses", [1.0], "n")
    with pytest.raises(ValueError, match="another type are needed, not int64"):
        shape("poses", np.zeros(3, np.int64), "n")


def misfits(values: np.ndarray, dtypes: str) -> list[object]:
    """What is like an array but has another shape, another type, or is none."""
    longer = np.concatenate([values, values[..., :1]], axis=-1)
    return [
        *(values[None], values[..., None], values[0], longer, values[..., :-1], values[0, ..., 0]),
        *(values.astype(dtype) for dtype in dtypes),
        *(values.astype(str), values.astype(object), values.tolist(), None, "text", 3.0),
    ]


def evaluation(**changed: object) -> Evaluation:
    whole: dict = {"joints": POSES, "lagged": None, "reference": POSES, "person": np.ones(5)}
    given = whole | changed
    cell = Outcome.model_construct(method="x")
    record = Record(given["joints"], ERRORS, POSES, np.zeros(5), np.empty(0), [])
    number = np.zeros(5, int)
    played = Played(number, number, given["person"], np.ones(5), Timing.even(5, 1.0))
    return Evaluation(cell, record, given["lagged"], given["reference"], played)


TAKES: dict[str, tuple[Callable[[object], object], np.ndarray, str]] = {
    "predicted poses": (lambda poses: joint_errors(poses, POSES), POSES, "?F"),
    "reference poses": (lambda poses: joint_errors(POSES, poses), POSES, "?F"),
    "errors to average": (mpjpe, ERRORS, "?iF"),
    "errors of frames": (frame_errors, ERRORS, "?iF"),
    "found poses": (lambda poses: found_error(poses, POSES), POSES, "?F"),
    "poses of a size": (lambda poses: person_sizes(poses, np.zeros(5, int)), POSES, "?iF"),
    "peaks of a window": (lambda peaks: Window(5, HALF, peaks=peaks), ERRORS, "?iF"),
    "poses of a part": (
        lambda poses: parts.write_part(None, poses, ERRORS, POSES, 0, None),  # type: ignore
        POSES,
        "?iF",
    ),
    "peaks of a part": (
        lambda peaks: parts.write_part(None, POSES, peaks, POSES, 0, None),  # type: ignore
        ERRORS,
        "?iF",
    ),
    "a reference": (lambda poses: evaluation(reference=poses), POSES, "?iF"),
}


@pytest.mark.parametrize("name", TAKES)
def test_no_function_cuts_or_broadcasts_or_converts(name: str, tried: Callable[..., None]) -> None:
    function, fits, dtypes = TAKES[name]
    outcomes: Counter[str] = Counter()
    if "part" not in name:
        function(fits)
    for misfit in misfits(fits, dtypes):
        if misfit is None and "window" in name:
            continue
        with pytest.raises(ValueError, match=r"shape|needed"):
            function(misfit)
        outcomes["refused"] += 1
    tried("7", f"{name}: other shapes and types", outcomes)


def test_poses_in_three_dimensions_are_refused(tried: Callable[..., None]) -> None:
    three = np.zeros((5, 18, 3))
    for pair in ((three, three), (three, POSES), (POSES, three), (three[..., :1],) * 2):
        with pytest.raises(ValueError, match=r"\(5, 18, [13]\)"):
            joint_errors(*pair)
    # Of 20 joints, 18 cannot be told apart from others.
    twenty = np.zeros((5, 20, 2))
    assert joint_errors(twenty, twenty).shape == (5, 20)
    with pytest.raises(ValueError, match=r"\(5, 20, 2\), not \(n, 18, 2\)"):
        found_error(twenty, twenty)
    with pytest.raises(ValueError, match=r"\(5, 20\), not \(n, 18\)"):
        mpjpe(joint_errors(twenty, twenty))
    tried("7", "poses in three dimensions, or of other joints", {"refused": 6})


@pytest.mark.parametrize("joints", [[-1], [18], [0.0], [True] * 18, [[1, 2]]])
def test_joints_that_there_are_not(joints: list) -> None:
    with pytest.raises(ValueError, match="joints: "):
        mpjpe(ERRORS, np.array(joints))


@pytest.mark.parametrize(
    ("size", "rate", "error"),
    [
        *((5, rate, TypeError) for rate in (0.5, 1, "1/2", "50%", None, np.float32(0.5), True)),
        *((5, Fraction(rate), ValueError) for rate in (0, -1, "3/2", 2)),
        *((size, HALF, TypeError) for size in (5.0, "5", None, True, Fraction(5))),
        *((size, HALF, ValueError) for size in (0, -1, np.int64(0), 2**70)),
    ],
)
def test_a_window_of_no_size_or_rate(
    size: object, rate: object, error: type, tried: Callable[..., None]
) -> None:
    with pytest.raises(error, match=r"needed|above 0 and up to 1"):
        Window(size, rate)  # type: ignore[arg-type]
    tried("7", "a window's size and rate", {"refused": 1})


@pytest.mark.parametrize("error", [np.zeros(4), np.zeros((5, 1)), np.zeros(5, int), [0.0] * 5, 1.0])
def test_a_window_s_errors(error: object) -> None:
    with pytest.raises(ValueError, match="error: "):
        Window(5, HALF, error=error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        ([2, 1],),
        ([1, 1],),
        ([-1, 1],),
        ([0.0, 1.0],),
        ([[0, 1]],),
        ([True, False],),
        ([0, 1], [1.0]),
        ([0, 1], [[1.0, 2.0]]),
        ([0, 1], ["a", "b"]),
        ([0, 1], [1.0, 2.0], [1]),
        ([0, 1], [1.0, 2.0], [1.0, 2.0]),
    ],
)
def test_a_selection_that_does_not_go_together(fields: tuple) -> None:
    with pytest.raises(ValueError, match=r"indices: |score: |decided_by: "):
        Selection(*map(np.array, fields))


@pytest.mark.parametrize(
    ("score", "k"), [(np.zeros(3), 4), (np.zeros(3), -1), (np.zeros((3, 1)), 1), (ERRORS, 2)]
)
def test_largest_of_what_there_is_not(score: np.ndarray, k: int) -> None:
    with pytest.raises(ValueError, match=r"score: |k: "):
        largest(score, k, RANDOM)
    # -score of unsigned numbers wraps around.
    with pytest.raises(ValueError, match="score: "):
        largest(np.array([3, 0, 2], np.uint8), 1, RANDOM)


def test_an_update_that_does_not_go_together() -> None:
    picked, score = np.array([1, 3]), np.array([0.5, 0.25])
    parts.Update(5, picked, score, picked)
    for given in ((score, score, picked), (picked, score[:1], picked), (picked, score, picked[:1])):
        with pytest.raises(ValueError, match="needed|shape"):
            parts.Update(5, *given)


def test_an_evaluation_of_other_frames() -> None:
    record = Record(np.zeros((6, 18, 2)), ERRORS, POSES, np.zeros(6), np.empty(0), [])
    evaluation()
    for changed in ({"person": np.ones(1)}, {"person": np.ones((5, 1))}, {"lagged": record}):
        with pytest.raises(ValueError, match=r"person: |lagged: "):
            evaluation(**changed)


@pytest.mark.parametrize(
    ("shown", "usual"),
    [
        *(([0.0, 1.0], usual) for usual in (0, -1, np.nan, np.inf)),
        *((shown, 1.0) for shown in ([0.0, 0.0], [0.0, 2.0, 1.0], [1.0, 2.0], [0.0, np.nan])),
        *((shown, 1.0) for shown in ([0.0, np.inf], [0, 1], [[0.0, 1.0]], ["0", "1"])),
    ],
)
def test_times_that_are_none(shown: list, usual: float) -> None:
    with pytest.raises(ValueError, match=r"shown: |usual: "):
        Timing(np.array(shown), usual)


@pytest.mark.parametrize("stretch", ["1.5 frames", "-1 s", "3 min", "3", "", "x s", "3 s s"])
def test_stretches_that_are_none(stretch: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Timing.even(5, 1.0).after(0, stretch)
    with pytest.raises(ValueError, match="from frame -1"):
        Timing.even(5, 1.0).after(-1, "1 s")

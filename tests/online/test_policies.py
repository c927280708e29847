"""Each method's policy, as the paper's section 4.3 has it."""

from fractions import Fraction

import numpy as np
import pytest

from posequery import strategies
from posequery.jobs.files import BadInput
from posequery.online.policies import Policy, by_its_clock, policy, require_trainings
from posequery.online.profiles import load
from posequery.online.settings import Adaptation
from posequery.timing import Timing

TENTH, WINDOW = Fraction(1, 10), "100 frames"


def test_what_each_method_does() -> None:
    def of(method: str, **parameters: object) -> Policy:
        return policy(method, TENTH, WINDOW, "8 frames", parameters)

    uniform = strategies.load("uniform")
    assert of("baseline") == Policy(WINDOW, times=0)
    assert of("once") == Policy(WINDOW, times=1, strategy=uniform, rate=TENTH)
    # On all of each short stretch, and compared at the others' lag.
    assert of("continual") == Policy("8 frames", lag=WINDOW)
    # On all of each window.
    assert of("all") == Policy(WINDOW)
    found = of("least_confidence", over="mean")
    assert (found.stretch, found.times, found.rate, found.lag) == (WINDOW, None, TENTH, None)
    assert found.strategy == strategies.load("least_confidence")
    assert found.parameters == strategies.parameters("least_confidence", {"over": "mean"})


@pytest.mark.parametrize(
    ("method", "rate", "settings", "fault"),
    [
        ("uniform", TENTH, {}, None),
        ("uniform", TENTH, {"window": "60 frames"}, "online.window=60 frames: is no shorter than"),
        (
            "uniform",
            TENTH,
            {"window": "2 s"},
            "online.window=2 s: is no shorter than the st",
        ),
        ("uniform", TENTH, {"window": "59 frames"}, None),
        ("uniform", TENTH, {"window": "59 frames", "training_takes": "1 frames"}, "nothing is tr"),
        (
            "uniform",
            TENTH,
            {"window": "9 frames"},
            "online.rates=10%: picks nothing of a wi",
        ),
        (
            "once",
            Fraction(1, 61),
            {"window": "59 frames"},
            "online.once_rate=1/61: picks nothing",
        ),
        ("once", TENTH, {"window": "90 frames"}, "online.window=90 frames: is no shorter"),
        ("continual", Fraction(1), {"continual_every": "60 frames"}, "online.continual_every=60 f"),
        ("continual", Fraction(1), {"window": "90 frames", "continual_every": "9 frames"}, None),
        ("baseline", Fraction(0), {"window": "90 frames", "continual_every": "90 frames"}, None),
    ],
)
def test_a_stream_that_a_method_cannot_train_on_is_refused(
    method: str, rate: Fraction, settings: dict, fault: str | None
) -> None:
    """Of 60 frames, 30 a second."""
    given = Adaptation(**({"window": "1 s", "continual_every": "5 frames"} | settings))
    timing = Timing.even(60, 30.0)
    if fault is None:
        require_trainings(method, rate, timing, given)
        return
    with pytest.raises(BadInput, match=fault):
        require_trainings(method, rate, timing, given)


def test_no_clock_delays_all() -> None:
    """Of 60 frames, 30 a second: a training of 2 s would never go live."""
    timing = Timing.even(60, 30.0)
    slow = Adaptation(window="1 s", training_takes="2 s", meanwhile="missed")
    require_trainings("all", Fraction(1), timing, slow)
    assert by_its_clock("all", slow, None) == (Adaptation(window="1 s"), None)
    assert by_its_clock("uniform", slow, None) == (slow, None)
    board = load("jetson_xavier_nx")
    declared = Adaptation(window="1 s", clock="jetson_xavier_nx")
    assert by_its_clock("all", declared, board) == (Adaptation(window="1 s"), None)
    assert by_its_clock("continual", declared, board) == (declared, board)
    with pytest.raises(BadInput, match="with a training on jetson_xavier_nx, is no shorter"):
        require_trainings("uniform", Fraction(1), timing, declared, board, 10)


def test_a_window_of_few_frames_at_a_variable_rate_is_named() -> None:
    """30 frames a second for 70 s, 2 a second for 5 s, and 30 again."""
    slow = 70 + np.arange(10) / 2
    shown = np.concatenate([np.arange(2100) / 30, slow, 75 + np.arange(100) / 30])
    given, timing = Adaptation(window="1 s"), Timing(shown, 1 / 30)
    with pytest.raises(BadInput, match="nothing of a window of 2 frames, the one at 1:10"):
        require_trainings("uniform", TENTH, timing, given)
    # Once trains on the first window alone.
    require_trainings("once", TENTH, timing, given)
    require_trainings("uniform", Fraction(1, 2), timing, given)

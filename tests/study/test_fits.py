"""The rate that fits: the largest with which a declared device keeps up."""

from fractions import Fraction
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.online import profiles
from posequery.study import conditions, grid
from posequery.study.loading import load_study
from posequery.study.plan import Plan
from posequery.study.readings import captions
from posequery.study.schema import Study
from posequery.timing import Timing

CONFIG = Path(__file__).parents[2] / "config"
BOARD = "jetson_xavier_nx"


def study_of(name: str = "human36m", training: object = None, **online: object) -> Study:
    changes = {"online": {"clock": BOARD, "methods": ["baseline"], "rates": ["fits"]} | online}
    return load_study(name, changes | ({"training": training} if training else {}), CONFIG)


def rates(study: Study) -> set[Fraction]:
    picked = [cell for cell in grid.cells(study) if cell.method in study.strategies]
    return {cell.rate for cell in picked if cell.setting == "online"}


@pytest.mark.parametrize(
    ("window", "epochs", "expected"),
    [
        # 20 images a second: 600 in the 30 s of 1,500 frames, which 60 frames are 10 times.
        ("1500 frames", 10, Fraction(60, 1500)),
        ("30 s", 10, Fraction(60, 1500)),
        ("1500 frames", 7, Fraction(85, 1500)),
        ("10 frames", 1, Fraction(4, 10)),
        # 50 frames are a second's, more than the board needs to pass once.
        ("10 s", 300, Fraction(0)),
    ],
)
def test_it_is_arithmetic_of_the_profile_and_the_frame_rate(window, epochs, expected) -> None:
    training = {"epochs": epochs}
    if not expected:
        with pytest.raises(BadInput, match="trains on no frame within a window of 10 s; take a l"):
            study_of(window=window, training=training)
        return
    study = study_of(window=window, training=training)
    assert rates(study) == {expected}
    board, frames = profiles.load(BOARD), int(expected * int(window.split()[0]))
    if window.endswith("frames"):
        lasts = Fraction(int(window.split()[0]), 50)
        assert board.seconds(frames, epochs) <= lasts < board.seconds(frames + 1, epochs)


def test_no_more_than_all_frames_fit(monkeypatch) -> None:
    quick = profiles.load(BOARD).model_copy(update={"training_samples_per_second": 1e6})
    monkeypatch.setattr(profiles, "load", lambda _: quick)
    assert rates(study_of()) == {1}


def test_it_stands_beside_other_rates_once() -> None:
    study = study_of(rates=["1%", "fits", "4%"])
    assert rates(study) == {Fraction(1, 100), Fraction(4, 100)}
    assert study.online_rates == [Fraction(1, 100), Fraction(4, 100), Fraction(4, 100)]
    assert study.model_dump(mode="json")["online"]["rates"] == ["1/100", "fits", "1/25"]
    assert "the rate that fits is 4%" in captions(study)["readings"]["online"]
    assert '"1/25"' in Plan(study, ()).devices()


@pytest.mark.parametrize("clock", ["ideal", "measured"])
def test_it_goes_with_a_declared_device_alone(clock: str) -> None:
    with pytest.raises(BadInput, match=f"'fits' goes with a declared device, clock: {BOARD}"):
        study_of(clock=clock, overrun="queued" if clock == "measured" else "refused")


def test_a_board_s_profile_is_of_its_own_student() -> None:
    with pytest.raises(BadInput, match="says nothing of"):
        study_of("mini")


def own_videos(folder: Path, fps: str = "") -> Study:
    (folder / "mine.yaml").write_text(
        f"source: {{kind: videos, videos: [a.mp4]{fps}}}\n"
        "student: {name: densenet121_baseline_att, input_size: 256}\n"
    )
    return study_of(str(folder / "mine.yaml"), training={"epochs": 10}, window="30 s")


def test_the_frame_rate_must_be_known_and_is_held_against_the_stream(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"'fits' needs the stream's frame rate .*: write source.fp"):
        own_videos(tmp_path)
    study = own_videos(tmp_path, ", fps: 25")
    assert rates(study) == {Fraction(60, 750)}
    cells = grid.cells(study)
    assert not conditions.of_stream(study, cells, "stream", Timing.even(3000, 25.1))
    (fault,) = conditions.of_stream(study, cells, "stream", Timing.even(3000, 30))
    assert str(fault) == (
        "online.rates=fits: was planned for 25 frames a second, and stream has 30. Write the rate "
        "itself."
    )

"""What of a study may leave the machine, by whom it shows and what it was given."""

from pathlib import Path

import pytest

from posequery.study.loading import load_study
from posequery.study.sharing import Sharing, sharing

CONFIG = Path(__file__).parents[2] / "config"


def of(study, **changes):
    return sharing(load_study(study, changes, CONFIG))


def test_of_rendered_people_all_may_leave():
    assert of("mini") == Sharing(frames="held", adapted=True, student=True, page=True)
    assert of("mini").left_out() == []


def test_of_real_people_no_frame_and_no_weights_trained_on_them():
    lab = of("lab")
    assert lab == Sharing(frames="blank", adapted=False, student=True, page=True)
    assert lab.left_out() == ["the clips' frames", "pictures of people", "the cells' weights"]
    assert not of("lab", report={"frames": True}).page


def test_of_licensed_data_no_clip():
    human36m = of("human36m")
    assert human36m == Sharing(frames="absent", adapted=False, student=False, page=True)
    assert not human36m.holds("clips/a.h5") and human36m.holds("clips/stream.json")


def test_what_comes_of_given_weights_stays(tmp_path):
    (tmp_path / "a.pt").touch()
    given = of("mini", student={"checkpoint": str(tmp_path / "a.pt")})
    assert (given.adapted, given.student) == (False, False)
    assert given.holds("student/epochs.csv") and not given.holds("student/best.pt")


@pytest.mark.parametrize(
    "name",
    [
        "data/human36m/S1/Videos/Walking.mp4",
        "training_sets/generic.h5",
        "pictures/before_after.png",
        "only/uniform/pictures/film.mp4",
        "logs/a.log",
        "strange.png",
    ],
)
def test_frames_are_held_in_no_archive(name):
    assert not of("mini").holds(name)
    assert of("mini").holds("cells.csv") and of("mini").holds("cells.csv.sha256")

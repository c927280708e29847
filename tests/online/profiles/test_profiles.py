"""Device profiles: what they come to by hand, at the paper's numbers, and which are refused."""

import shutil
from fractions import Fraction

import pytest
import yaml

from posequery.evidence import published
from posequery.jobs.files import BadInput
from posequery.online import profiles
from posequery.online.profiles import Profile, load

WHOLE = {
    "title": "a board",
    "source": "nowhere",
    "network": "densenet_small",
    "input_size": 96,
    "training_samples_per_second": 10,
    "selection_s": 1,
    "labelling_s": 0.5,
    "build_s": 2.5,
    "swap_s": 0.25,
}


@pytest.mark.parametrize("name", profiles.names())
def test_those_that_ship_are_whole(name: str) -> None:
    found = load(name)
    assert Profile.model_validate_json(found.model_dump_json()) == found
    assert found.title and found.source


def test_the_papers_board_is_what_the_paper_prints() -> None:
    board = load("jetson_xavier_nx")
    assert board.is_of("densenet121_baseline_att", 256)
    assert not board.is_of("densenet_small", 80) and not board.is_of(board.network, 224)

    def printed(quantity: str, method: str, rate: Fraction | None = None) -> float:
        return published.value(quantity, "online", method=method, rate=rate)

    one = Fraction(1, 100)
    uniform = printed("trainings", "uniform") * 15 * 10 / printed("training_s", "uniform", one)
    continual = printed("trainings", "continual") * 128 * 10 / printed("training_s", "continual")
    assert (round(uniform, 1), round(continual, 1)) == (20.6, 19.4)
    assert round((uniform + continual) / 2) == board.training_samples_per_second == 20
    # 20 % of 30 s at 50 frames a second; and what fits.
    assert board.seconds(300, epochs=10) == 150
    assert board.seconds(15, epochs=10) == 7.5
    assert board.seconds(128, epochs=10) == 64
    assert board.most(Fraction(30), epochs=10) == 60
    assert board.not_charged == ["selection", "labelling", "engine build", "swap"]


def test_every_part_is_charged() -> None:
    board = Profile(**WHOLE)
    assert board.not_charged == []
    # 1 + 4 x 0.5 + 4 x 5 / 10 + 2.5 + 0.25
    assert board.seconds(4, epochs=5) == Fraction("7.75")
    assert board.most(Fraction("7.75"), epochs=5) == 4
    assert board.most(Fraction("7.74"), epochs=5) == 3
    assert board.most(Fraction(3), epochs=5) == 0
    # Epochs of 0.4 s after 5.75 s of all else.
    assert [
        board.epochs_within(Fraction(text), 4, most=5)
        for text in ("5", "6.14", "6.15", "7.75", "9")
    ] == [0, 0, 1, 5, 5]
    for part in profiles.PARTS:
        lacking = Profile(**WHOLE | {part: None})
        assert lacking.not_charged == [profiles.PARTS[part]]
        assert lacking.seconds(4, 5) < board.seconds(4, 5)
        assert lacking.most(Fraction(9), 5) >= board.most(Fraction(9), 5)


def test_a_faulty_profile_is_refused(tmp_path, monkeypatch, tried) -> None:
    shutil.copytree(profiles.FOLDER, tmp_path / "profiles")
    monkeypatch.setattr(profiles, "FOLDER", tmp_path / "profiles")
    path = profiles.FOLDER / "mine.yaml"
    refused = 0
    needed = ("title", "source", "network", "input_size", "training_samples_per_second")
    for name in needed:
        path.write_text(yaml.safe_dump({key: WHOLE[key] for key in WHOLE if key != name}))
        with pytest.raises(BadInput, match=rf"mine\.yaml: has no figure '{name}'\. State it"):
            load("mine")
        refused += 1
    tried("10", "a device profile without a needed figure", {"refused": refused})
    for key, wrong in (("training_samples_per_second", 0), ("build_s", -1)):
        path.write_text(yaml.safe_dump(WHOLE | {key: wrong}))
        with pytest.raises(BadInput, match=rf"mine\.yaml: {key}: "):
            load("mine")
    path.write_text(yaml.safe_dump(WHOLE | {"fan": 3}))
    with pytest.raises(BadInput, match="has a figure 'fan' that is not known. Leave it out"):
        load("mine")
    for text, fault in (
        ("{", "is no YAML"),
        ("a: [", "is no YAML"),
        ("\x00", "is no YAML"),
        ("- 3", "holds no keys"),
        ("", "has no figure 'title'"),
    ):
        path.write_text(text)
        with pytest.raises(BadInput, match=rf"mine\.yaml: {fault}") as refused:
            load("mine")
        assert str(refused.value).isprintable()
    # What YAML would guess: 8, 90, the last of two, and a number of a text.
    plain = yaml.safe_dump({key: WHOLE[key] for key in WHOLE if key != "build_s"})
    for text in ("010", "1:30", "1\nbuild_s: 2", "'20'", "2024-13-45", "&a [*a]"):
        path.write_text(f"{plain}build_s: {text}\n")
        with pytest.raises(BadInput, match=r"mine\.yaml: "):
            load("mine")
    path.write_text(yaml.safe_dump(WHOLE))
    assert load("mine") == Profile(**WHOLE)
    with pytest.raises(ValueError, match="jetson_xavier_nx"):
        load("jetson_xavier")

"""A cell's file says what it is and what its job counted; a broken one is named."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from posequery.cell import Cell, Outcome, parse_rate_slug, rate_slug, stream_name, stream_subject
from posequery.jobs.files import BadInput, write_summed

UNIFORM = {"setting": "online", "teacher": "network", "method": "uniform", "rate": "1/5", "seed": 0}
UNIFORM |= {"stream": "S1"}
COUNTS = {
    "k": 2,
    "n": 10,
    "window": 10,
    "trainings": 3,
    "frames_trained": 6,
    "epochs": 5,
    "record_sha256": "a" * 64,
    "weights_sha256": "b" * 64,
}


def test_a_cell_has_one_folder() -> None:
    assert Cell(**UNIFORM).folder == "online/S1/network/uniform/20pct/seed0"
    assert Cell(**UNIFORM | {"rate": Fraction(1, 3)}).folder.endswith("100of3pct/seed0")


@given(st.fractions(0, 1))
def test_a_rate_is_read_back_from_its_slug(rate: Fraction) -> None:
    assert parse_rate_slug(rate_slug(rate)) == rate


def test_a_cell_travels_as_json() -> None:
    cell = Cell(**UNIFORM)
    assert json.loads(cell.model_dump_json()) == UNIFORM
    assert Cell.model_validate_json(cell.model_dump_json()) == cell


def test_an_offline_cell_plays_no_stream() -> None:
    offline = UNIFORM | {"setting": "offline", "stream": "none"}
    assert Cell(**offline).folder == "offline/network/uniform/20pct/seed0"
    for changed in ({"setting": "offline"}, {"stream": "none"}, {"stream": "../S1"}):
        with pytest.raises(ValidationError, match="stream"):
            Cell(**UNIFORM | changed)


def test_a_streams_name_tells_its_subject() -> None:
    assert [stream_name("S1"), stream_name("S11", "54138969")] == ["S1", "S11_54138969"]
    for name in ("S1", "S1_54138969"):
        assert stream_subject(name) == "S1"


@pytest.mark.parametrize("changed", [{"rate": "6/5"}, {"rate": "1/0"}, {"seed": -1}, {"k": 1}])
def test_what_is_no_cell_is_refused(changed: dict) -> None:
    with pytest.raises(ValidationError):
        Cell.model_validate(UNIFORM | changed)


def test_what_a_job_counted_is_read_back(tmp_path: Path) -> None:
    outcome = Outcome(**UNIFORM, **COUNTS)
    folder = tmp_path / outcome.folder
    outcome.write(folder)
    assert Outcome.read(folder) == outcome
    assert list(json.loads((folder / "cell.json").read_text()))[:6] == list(UNIFORM)


def test_a_cell_in_another_cells_folder_is_refused(tmp_path: Path, tried) -> None:
    outcome = Outcome(**UNIFORM, **COUNTS)
    moved = {"seed": 1}, {"rate": "1/4"}, {"method": "random"}, {"teacher": "t"}, {"stream": "S5"}
    for change in moved:
        folder = tmp_path / Cell(**UNIFORM | change).folder
        outcome.write(folder)
        with pytest.raises(
            BadInput, match="is of the cell online/S1/network/uniform/20pct/seed0, in"
        ):
            Outcome.read(folder)
    tried("5", "a cell moved into another cell's folder", {"refused": len(moved)})


def test_missing_and_torn_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cell\.json: the cell has no such file"):
        Outcome.read(tmp_path)
    for content in ('{"k": 1', "", "\x00", "\ufeff"):
        write_summed(tmp_path / "cell.json", content)
        with pytest.raises(BadInput, match=r"cell\.json: is not readable JSON"):
            Outcome.read(tmp_path)


@pytest.mark.parametrize("key", ["k", "teacher", "record_sha256", "weights_sha256"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    left = {name: value for name, value in {**UNIFORM, **COUNTS}.items() if name != key}
    write_summed(tmp_path / "cell.json", json.dumps(left))
    with pytest.raises(BadInput, match=f"has no '{key}'"):
        Outcome.read(tmp_path)

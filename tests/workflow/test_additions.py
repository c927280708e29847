"""A strategy, a teacher and a metric from outside: one file each, found by name, no other edit."""

import csv
from pathlib import Path

import h5py
import numpy as np
import pytest
from runs import checkout, snakemake

STRATEGY = '''
"""The first frames of a window, from a place on."""

import numpy as np

from posequery.settings import Section
from posequery.strategies import Selection, Strategy, Window


class Parameters(Section):
    """Where the frames begin."""

    start: int = 0
    """Frame of the window."""


def _pick(window: Window, random: np.random.Generator, parameters: Parameters) -> Selection:
    return Selection(parameters.start + np.arange(window.k))


STRATEGY = Strategy("first frames", _pick, parameters=Parameters)
'''

TEACHER = '''
"""Ground truth, moved by 3 pixels to the right and 4 down."""

import numpy as np

from posequery.teachers import Labels, Teacher


def _label(stream, files, settings, device):
    truth = stream.joints(np.arange(len(stream)))
    return Labels(truth + np.float32([3, 4]), np.isfinite(truth).all(axis=2).astype(np.float32))


TEACHER = Teacher("shifted truth", _label, needs=("has_truth",))
'''

METRIC = '''
"""The median error."""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation
from posequery.skeletons import LIMBS


def median_px(cell: Evaluation) -> float:
    """Median distance of the limb joints from their reference, in pixels of the source."""
    return float(np.nanmedian(cell.errors[:, LIMBS].astype(np.float64)))


COLUMNS = (Column("median_px", median_px),)
'''


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("additions")
    root = checkout(folder / "checkout")
    package = root / "src/posequery"
    (package / "strategies/first_frames.py").write_text(STRATEGY)
    (package / "teachers/shifted.py").write_text(TEACHER)
    (package / "evaluation/columns/median.py").write_text(METRIC)
    study = folder / "added.yaml"
    study.write_text(
        "extends: tiny\n"
        "teachers: [shifted]\n"
        "strategies: [{first_frames: {start: 3}}]\n"
        "online: {methods: [baseline], rates: [20%]}\n"
        "offline: {rates: [5%]}\n"
    )
    snakemake(folder, "--config", f"study={study}", root=root)
    return folder / "results/added"


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_each_is_found_and_used(out: Path) -> None:
    cells = rows(out / "cells.csv")
    where = {(row["setting"], row["teacher"], row["method"]) for row in cells}
    assert where == {
        ("offline", "none", "none"),
        ("offline", "ground_truth", "all"),
        ("offline", "ground_truth", "all_equal_steps"),
        ("offline", "ground_truth", "first_frames"),
        ("online", "none", "baseline"),
        ("online", "shifted", "first_frames"),
    }
    for row in cells:
        assert 0 < float(row["median_px"]) < 2 * float(row["mpjpe_px"])


def test_the_strategy_has_its_own_parameter(out: Path) -> None:
    (path,) = (out / "selections/first_frames").glob("5pct/seed0.csv")
    frames = [int(row["frame"]) for row in rows(path)]
    assert frames == list(range(3, 3 + len(frames)))


def test_the_teachers_own_error_is_known_and_printed(out: Path) -> None:
    with h5py.File(out / "labels/S1/shifted.h5") as file:
        assert np.isfinite(file["joints"][:, 5:17]).all()
    text = (out / "tables/table2.md").read_text()
    assert "shifted truth itself" in text and "5.00" in text
    assert "first frames" in text

"""The verdicts of a real run in which one strategy has two names, so that no difference is true."""

import csv
from pathlib import Path

import pandas as pd
import pytest
from runs import checkout, planned, snakemake

AGAIN = '''
"""Uniform by another name."""

from posequery.strategies import Strategy
from posequery.strategies.uniform import STRATEGY as UNIFORM

STRATEGY = Strategy("uniform again", UNIFORM.pick)
'''
STUDY = """
extends: tiny
offline: null
seeds: [0, 1, 2]
teachers: [ground_truth]
strategies: [uniform, uniform_again]
online: {rates: [10%, 20%], methods: [baseline]}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    folder = tmp_path_factory.mktemp("evidence")
    root, study = checkout(folder / "checkout"), folder / "names.yaml"
    (root / "src/posequery/strategies/uniform_again.py").write_text(AGAIN)
    study.write_text(STUDY)
    snakemake(folder, "--config", f"study={study}", root=root)
    return folder, root, study


def test_two_names_for_one_strategy_differ_by_chance_alone(made: tuple[Path, Path, Path]) -> None:
    compared = pd.read_csv(made[0] / "results/names/evidence/comparisons.csv")
    again = compared[(compared["strategy"] == "uniform_again") & (compared["against"] == "uniform")]
    assert again["rate"].tolist() == ["1/10", "1/5"] and set(again["seeds"]) == {3}
    # Within three times the plain interval, which one in twenty leaves.
    reach = (again["high_px"] - again["low_px"]) / 2
    assert (again["difference_px"].abs() < 3 * reach).all()


def test_claims_about_cells_that_no_study_ran_are_not_judged(made: tuple[Path, Path, Path]) -> None:
    with open(made[0] / "results/names/evidence/verdicts.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 20 and {row["verdict"] for row in rows} == {"not run"}
    assert not any(row["p"] or row["estimate_px"] for row in rows)
    page = (made[0] / "results/names/evidence/verdicts.md").read_text()
    assert "given one pre-trained student" in page


def test_another_margin_judges_anew_and_asks_before(made: tuple[Path, Path, Path]) -> None:
    folder, root, study = made
    study.write_text(f"{STUDY}evidence: {{margin: 2%}}\n")
    plan = ("--dry-run", "--config", f"study={study}")
    refused = snakemake(folder, *plan, root=root, ok=False)
    assert "evidence.margin was 1/20, is 1/50" in refused.stdout + refused.stderr
    done = snakemake(folder, *plan, "confirm=true", root=root)
    assert planned(done.stdout + done.stderr) == {"verdicts": 1, "report_page": 1, "all": 1}
    study.write_text(f"{STUDY}evidence: {{margin: 0%}}\n")
    refused = snakemake(folder, *plan, root=root, ok=False)
    assert "within a margin of 0 nothing is alike" in refused.stdout + refused.stderr

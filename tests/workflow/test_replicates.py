"""Two seeds, each with a student of its own, on two streams: from nothing to the verdicts."""

import csv
import json
import re
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from runs import planned, snakemake

STUDY = """
extends: tiny
seeds: [0, 1]
source: {stream_subjects: [S1, S2]}
student: {per_seed: true}
strategies: [uniform]
offline: {rates: [20%]}
online: {rates: [20%], methods: [baseline]}
"""
SEEDS, STREAMS, TEACHERS = ("0", "1"), ("S1", "S2"), ("ground_truth", "network")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replicates")
    study = folder / "twice.yaml"
    study.write_text(STUDY)
    snakemake(folder, "--config", f"study={study}")
    return folder / "results/twice"


@pytest.fixture(scope="module")
def cells(made: Path) -> pd.DataFrame:
    return pd.read_csv(made / "cells.csv", dtype={"seed": str}, keep_default_na=False)


def test_every_seed_student_and_stream_has_its_cells(made: Path, cells: pd.DataFrame) -> None:
    offline = [("none", "none"), ("ground_truth", "uniform")]
    offline += [("ground_truth", "all"), ("ground_truth", "all_equal_steps")]
    online = [("none", "baseline"), *((teacher, "uniform") for teacher in TEACHERS)]
    wanted = {("offline", *one, seed, "none") for one, seed in product(offline, SEEDS)}
    wanted |= {("online", *one, *at) for one, at in product(online, product(SEEDS, STREAMS))}
    keys = ["setting", "teacher", "method", "seed", "stream"]
    assert {*cells[keys].itertuples(index=False, name=None)} == wanted
    assert len(cells) == len(wanted)
    for row in cells.itertuples():
        cell = json.loads((made / row.folder / "cell.json").read_text())
        assert (str(cell["seed"]), cell["stream"]) == (row.seed, row.stream)


def test_each_seed_has_a_student_of_its_own(made: Path, cells: pd.DataFrame) -> None:
    students = [
        torch.load(made / f"student/seed{seed}/pretrained.pt", weights_only=True)["weights"]
        for seed in SEEDS
    ]
    assert any(not torch.equal(students[0][name], students[1][name]) for name in students[0])
    scores = []
    for seed in SEEDS:
        with h5py.File(made / f"scores/seed{seed}/pool.h5") as file:
            scores.append(file["error"][:])
    assert not np.array_equal(*scores)
    # What is not trained on is that student, on every stream.
    unadapted = cells[cells["method"].isin(["none", "baseline"])]
    for row in unadapted.itertuples():
        kept = torch.load(made / row.folder / "weights.pt", weights_only=True)["weights"]
        own = students[int(row.seed)]
        assert all(torch.equal(kept[name], own[name]) for name in own), row.folder
    assert unadapted.groupby(["method", "stream"])["mpjpe_px"].nunique().eq(2).all()


def test_a_stream_is_one_subjects(made: Path) -> None:
    for stream in STREAMS:
        clips = json.loads((made / f"clips/{stream}.json").read_text())["clips"]
        assert {clip["subject"] for clip in clips} == {stream} and len(clips) == 30
        assert json.loads((made / f"labels/{stream}/network.json").read_text())["mpjpe_px"] > 0
    pool = json.loads((made / "clips/pool.json").read_text())["clips"]
    assert "S2" not in {clip["subject"] for clip in pool}


def test_all_takes_as_many_steps_as_the_rate(cells: pd.DataFrame) -> None:
    """2 epochs of the 24 frames of 20 %, in batches of 16, are 4 steps; of all 122, 4 batches."""
    passes = cells[cells["seed"] == "0"].set_index("method")["passes"]
    assert (passes["all"], passes["all_equal_steps"]) == (2 * 122, 4 * 16)
    assert set(cells.loc[(cells["method"] == "uniform") & (cells["k"] == 24), "passes"]) == {48}


def test_tables_average_streams_within_a_seed(made: Path, cells: pd.DataFrame) -> None:
    own = cells[(cells["teacher"] == "network") & (cells["method"] == "uniform")]
    seeds = own.groupby("seed")["mpjpe_px"].mean()
    compared = pd.read_csv(made / "tables/compared.csv")
    (row,) = compared[(compared["teacher"] == "network")].to_dict("records")
    assert row["seeds"] == 2 and row["mpjpe_px"] == pytest.approx(seeds.mean())
    assert row["sd_px"] == pytest.approx(seeds.std())
    table = (made / "tables/table2.md").read_text()
    (line,) = [line for line in table.splitlines() if line.startswith("| uniform ")][:1]
    assert f"{seeds.mean():.2f} ± {seeds.std():.2f}" in line
    assert "over 2 seeds, each with a student of its own" in table
    assert "A seed's number is its mean over the streams S1, S2." in table
    assert "Of 2 streams, S1 is shown." in (made / "figures/figure2a.md").read_text()


def test_comparisons_are_paired_and_speak_of_other_subjects_online_alone(
    made: Path, cells: pd.DataFrame
) -> None:
    with (made / "evidence/comparisons.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    (row,) = [r for r in rows if (r["teacher"], r["against"]) == ("network", "baseline")]
    errors = {
        method: cells[cells["method"].eq(method) & cells["teacher"].eq(teacher)]
        .pivot(index="seed", columns="stream", values="mpjpe_px")
        .to_numpy()
        for method, teacher in (("uniform", "network"), ("baseline", "none"))
    }
    apart = errors["uniform"] - errors["baseline"]
    assert (row["seeds"], row["subjects"], row["given"]) == ("2", "2", "a student per seed")
    assert float(row["difference_px"]) == pytest.approx(apart.mean(), abs=1e-3)
    # t of one degree of freedom, at 97.5 %.
    for axis, end in ((1, ""), (0, "_other_subjects")):
        means = apart.mean(axis)
        reach = 12.7062 * abs(means[0] - means[1]) / 2
        assert float(row[f"high_px{end}"]) == pytest.approx(apart.mean() + reach, rel=1e-3)
    offline = [r for r in rows if r["setting"] == "offline"]
    assert offline and not any(r["subjects"] or r["high_px_other_subjects"] for r in offline)
    assert "given one" not in (made / "evidence/verdicts.md").read_text()


def test_the_page_says_which_streams(made: Path) -> None:
    page = re.sub(r"<[^>]*>", " ", (made / "report.html").read_text())
    assert "S1, S2" in page and "Of 2 streams, S1 is shown." in page


def test_a_stream_more_makes_its_own_cells_alone(made: Path) -> None:
    folder = made.parents[1]
    study = folder / "twice.yaml"
    more = STUDY.replace("[S1, S2]", "[S1, S2, S3]")
    try:
        study.write_text(more)
        jobs = planned(snakemake(folder, "--dry-run", "--config", f"study={study}").stdout)
    finally:
        study.write_text(STUDY)
    assert jobs["adapt"] == 2 * 3 and jobs["label"] == jobs["measure"] == jobs["render_S3"] == 1
    assert not {"pretrain", "finetune", "score", "train_teacher"} & jobs.keys()

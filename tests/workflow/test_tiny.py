"""The whole workflow on the study tiny: from nothing to tables and figures, and what reruns.

One run is shared by the tests of this file, which change nothing in it.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import pythons
import torch
from runs import ROOT, checkout, planned, snakemake


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("it's a $study")
    done = snakemake(folder, "--config", "study=tiny")
    text = done.stdout + done.stderr
    assert "Study tiny is complete: results/tiny/report.html, with results/tiny/tables" in text
    return folder


def cell_rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_every_cell_is_a_row_and_every_table_and_figure_is_there(made: Path) -> None:
    out = made / "results/tiny"
    rows = cell_rows(out / "cells.csv")
    assert len(rows) == (4 * 2 + 3) + (1 + 2 * (2 + 4 * 2))
    assert all(float(row["mpjpe_px"]) > 0 for row in rows)
    names = {file.name for file in (out / "tables").iterdir()}
    for table in ("table1", "table2", "efficiency"):
        assert {f"{table}.csv", f"{table}.md", f"{table}.tex"} <= names
    names = {file.name for file in (out / "figures").iterdir()}
    for figure in ("figure2a", "figure2b"):
        assert {f"{figure}.png", f"{figure}.pdf", f"{figure}.svg", f"{figure}.md"} <= names
    assert "rendered stand-in" in (out / "figures/figure2a.md").read_text()
    parts = cell_rows(out / "breakdown.csv")
    assert {row["by"] for row in parts} == {"action", "subject", "joint"}
    # Of a job that is done nothing is left to go on from.
    assert sorted(file.name for file in (out / "state").iterdir()) == ["measured", "sums.date"]


def test_snakemakes_own_report_shows_the_page_tables_and_figures(
    made: Path, tmp_path: Path
) -> None:
    page = (made / "results/tiny/report.html").read_text()
    assert len(page) < 3_000_000
    for title in ("The question and the answer", "Strategies compared", "Provenance"):
        assert f"<h2>{title}</h2>" in page
    (run,) = json.loads((made / "results/tiny/runs.json").read_text())
    assert run["started"] in page and (run["commit"] or "outside of git") in page
    snakemake(made, "--config", "study=tiny", "--report", str(tmp_path / "report.html"))
    shown = (tmp_path / "report.html").read_text()
    for name in ("table1", "table2", "efficiency", "figure2a", "error_by_rate", "verdicts"):
        assert f'"{name}"' in shown
    for category in ("Verdicts", "Tables", "Figures", "Page"):
        assert f'"{category}"' in shown
    # Each has the caption that stands beside it.
    for label in ("Table 1", "Table 2", "Efficiency, online", "Figure 2(a)", "Error by rate"):
        assert f"<strong>{label}.</strong> Study tiny" in shown


def test_a_tables_number_is_traced_to_frames(made: Path) -> None:
    """From Table 1's source down: the row, its cell, its frames' joints, its selection."""
    out = made / "results/tiny"
    (row,) = (
        row
        for row in cell_rows(out / "cells.csv")
        if (row["setting"], row["method"], row["rate"]) == ("offline", "error", "1/5")
    )
    cell = out / row["folder"]
    with h5py.File(cell / "record.h5") as file:
        joints = file["joints"][:, 5:17]
    test = json.loads((out / "clips/test.json").read_text())["clips"]
    truth = []
    for clip in test:
        with h5py.File(out / "clips" / clip["file"]) as file:
            truth.append(file["joints"][:, 5:17])
    limbs = np.linalg.norm(joints - np.concatenate(truth), axis=2)
    assert float(row["mpjpe_px"]) == pytest.approx(float(np.nanmean(limbs)), abs=1e-3)
    picked = cell_rows(out / "selections/error/20pct/seed0.csv")
    with h5py.File(out / "scores/pool.h5") as file:
        scores = file["error"][:]
    assert len(picked) == int(row["k"]) == len(scores) // 5
    worst = np.sort(np.argsort(-scores)[: len(picked)])
    assert [int(line["frame"]) for line in picked] == worst.tolist()


def test_the_offline_study_keeps_subjects_apart(made: Path) -> None:
    clips = made / "results/tiny/clips"
    subjects = {
        name: {row["subject"] for row in json.loads((clips / f"{name}.json").read_text())["clips"]}
        for name in ("pool", "test", "S1")
    }
    assert subjects["pool"] == {"S1", "S5", "S6", "S7", "S8"}
    assert subjects["test"] == {"S9", "S11"}
    assert subjects["S1"] == {"S1"}
    test = json.loads((clips / "test.json").read_text())["clips"]
    assert {row["subaction"] for row in test} == {1}
    stream = [row["slug"] for row in json.loads((clips / "S1.json").read_text())["clips"]]
    assert len(stream) == 30
    assert stream[:2] == ["S1-Directions-1-54138969", "S1-Directions-54138969"]


def test_a_copy_without_dates_is_verified_and_nothing_is_made_again(
    made: Path, tmp_path: Path, tried
) -> None:
    copy = tmp_path / "results/tiny"
    shutil.copytree(made / "results/tiny", copy, copy_function=shutil.copy)
    assert planned(snakemake(tmp_path, "--dry-run", "--config", "study=tiny").stdout)
    command = [sys.executable, "-m", "posequery", "archive", "--verify", str(copy)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "agree with their checksums, and are current" in done.stdout and not done.stderr
    again = snakemake(tmp_path, "--dry-run", "--config", "study=tiny")
    assert "Nothing to be done" in again.stdout + again.stderr
    (copy / "tables/table1.csv").write_text("damaged")
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "0 of its files are missing and 1 changed" in done.stderr
    assert "table1.csv" in done.stderr and "Traceback" not in done.stderr
    tried("14", "a whole study copied without dates", {"done right": 1})


def test_an_archive_is_restored_and_a_cell_and_the_tables_are_made_again(
    made: Path, tmp_path: Path, tried
) -> None:
    shutil.copytree(made / "results", tmp_path / "first/results", copy_function=shutil.copy2)
    given = ("--config", "study=tiny")
    snakemake(tmp_path / "first", *given, "--", "archive")
    clone = tmp_path / "clone"
    clone.mkdir()
    command = [sys.executable, "-m", "posequery", "archive", "--restore"]
    command += [str(tmp_path / "first/results/tiny/tiny.tar.gz")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}

    def restored() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=clone, env=environment, capture_output=True, text=True, check=False
        )

    done = restored()
    assert done.returncode == 0, done.stderr
    assert "results/tiny: restored" in done.stdout and "Not in it" not in done.stdout
    again = restored()
    assert again.returncode == 1 and "is there already" in again.stderr
    assert "Traceback" not in again.stderr
    own = ("--config", "study=results/tiny/settings/tiny.yaml")
    for study in (given, own):
        done = snakemake(clone, "--dry-run", *study)
        assert "Nothing to be done" in done.stdout + done.stderr
    out = clone / "results/tiny"
    cell = "results/tiny/cells/online/S1/network/uniform/20pct/seed0/cell.json"
    known = (clone / cell).read_bytes()
    shutil.rmtree((clone / cell).parent)
    done = snakemake(clone, *given, "--", cell)
    assert planned(done.stdout + done.stderr) == {"adapt": 1}
    assert (clone / cell).read_bytes() == known
    for name in ("tables", "figures"):
        shutil.rmtree(out / name)
    done = snakemake(clone, *given, "--", "tables", "figures")
    jobs = planned(done.stdout + done.stderr)
    jobs = {name for name in jobs if name not in ("tables", "figures")}
    assert {"paper_tables", "paper_figures"} <= jobs and not TRAINING & jobs
    for name in ("tables/table1.csv", "figures/figure2a.svg"):
        assert (out / name).read_bytes() == (made / "results/tiny" / name).read_bytes()
    tried("14", "an archive restored in a fresh folder", {"done right": 1})


def test_an_archive_is_packed_anew_and_of_a_whole_study(made: Path, tmp_path: Path, tried) -> None:
    """Once a damaged one passed for packed, and folders that were gone were left out of it."""
    shutil.copytree(made / "results", tmp_path / "results", copy_function=shutil.copy2)
    out, away = tmp_path / "results/tiny", tmp_path / "away"
    archive = out / "tiny.tar.gz"

    def posequery(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "posequery", *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    archive.write_bytes(b"junk")
    done = posequery("archive", "tiny")
    assert "Study tiny is packed" in done.stdout, done.stderr
    assert posequery("archive", "--verify", str(archive)).returncode == 0
    tried("14", "a damaged archive where one is to be packed", {"done right": 1})

    # Of what is in no later job's way Snakemake misses nothing.
    (out / "measures").rename(away)
    before = _sums_of_results(out)
    done = posequery("archive", "tiny")
    assert done.returncode == 1 and "is packed" not in done.stdout
    assert "missing: results/tiny/measures/S1.csv" in done.stderr
    assert _sums_of_results(out) == before
    away.rename(out / "measures")
    assert posequery("archive", "tiny").returncode == 0
    tried("14", "a folder of results that is gone before an archive is packed", {"refused": 1})

    cell = "cells/online/S1/network/uniform/20pct/seed0/cell.json"
    known = (out / cell).read_bytes()
    (out / "cells/online/S1/network/uniform").rename(away)
    done = posequery("archive", "tiny")
    assert "Study tiny is packed" in done.stdout, done.stderr
    assert (out / cell).read_bytes() == known
    with tarfile.open(archive) as packed:
        assert f"tiny/{cell}" in packed.getnames()
    tried("14", "cells that are gone before an archive is packed", {"done right": 1})


def _sums_of_results(out: Path) -> list[str]:
    """The lines of a study's list, but for its own sum and its history, which each run adds to."""
    lines = (out / "SHA256SUMS").read_text().splitlines()[1:]
    return [line for line in lines if not line.endswith("  runs.json")]


def test_what_changes_after_a_run_is_found_at_the_end_of_the_next(
    made: Path, tmp_path: Path, tried
) -> None:
    shutil.copytree(made / "results", tmp_path / "results", copy_function=shutil.copy2)
    out = tmp_path / "results/tiny"
    before = _sums_of_results(out)
    (out / "figures/figure2a.png").unlink()
    date = (out / "evidence/comparisons.csv").stat().st_mtime
    (out / "evidence/comparisons.csv").write_text("edited")
    os.utime(out / "evidence/comparisons.csv", (date, date))
    only = ("--config", "study=tiny", "--forcerun", "paper_tables", "--", "tables", "archive")
    done = snakemake(tmp_path, *only, ok=False)
    text = done.stdout + done.stderr
    assert "missing: results/tiny/figures/figure2a.png" in text
    assert "changed: results/tiny/evidence/comparisons.csv" in text
    assert "2 of its files are not as they were made" in text and "Traceback" not in text
    assert _sums_of_results(out) == before and not (out / "tiny.tar.gz").exists()
    for name in ("figures/figure2a.png", "evidence/comparisons.csv"):
        shutil.copy2(made / "results/tiny" / name, out / name)
    done = snakemake(tmp_path, *only)
    assert (out / "tiny.tar.gz").is_file()
    (out / "tables/table1.csv").write_text("edited")
    command = [sys.executable, str(ROOT / "scripts/run.py"), "tiny"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    again = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert again.returncode == 1 and "is complete" not in again.stdout
    assert "changed: results/tiny/tables/table1.csv" in again.stderr
    tried("14", "a file damaged after a run, in a run that makes others or nothing", {"refused": 2})


def test_a_rerun_with_nothing_changed_does_nothing(made: Path) -> None:
    done = snakemake(made, "--dry-run", "--config", "study=tiny")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_one_core_or_two_give_the_same_bits(made: Path, tmp_path: Path) -> None:
    """The cells are made again by one core, from copied results without Snakemake's memory."""
    shutil.copytree(made / "results", tmp_path / "results", copy_function=shutil.copy2)
    done = snakemake(tmp_path, "--dry-run", "--config", "study=tiny")
    assert "Nothing to be done" in done.stdout + done.stderr
    again = tmp_path / "results/tiny"
    for name in ("cells", "measures", "selections", "state", "student", "tables"):
        shutil.rmtree(again / name)
    # What is deleted on purpose a list would hold against the copy.
    for name in ("cells.csv", "SHA256SUMS"):
        (again / name).unlink()
    done = snakemake(tmp_path, "--config", "study=tiny", "--", "data")
    assert "is complete" not in done.stdout + done.stderr
    only = "uniform,random,continual,none,baseline"
    snakemake(tmp_path, "--cores", "1", "--config", "study=tiny", f"only={only}", "--", "cells")
    first = made / "results/tiny"
    fresh = sorted(again.glob("cells/**/cell.json")) + sorted(again.glob("selections/**/*.csv"))
    assert len(fresh) > 10
    for file in fresh:
        assert file.read_bytes() == (first / file.relative_to(again)).read_bytes(), file
    rows = cell_rows(next(again.glob("only/*/cells.csv")))
    known = {row.pop("folder"): row for row in cell_rows(first / "cells.csv")}
    assert all(known[row.pop("folder").removeprefix("../../")] == row for row in rows)
    for file in again.glob("**/*.pt"):
        one, two = (
            torch.load(path, weights_only=True)["weights"]
            for path in (file, first / file.relative_to(again))
        )
        assert all(torch.equal(one[key], two[key]) for key in two), file


def test_an_engine_that_is_missing_costs_no_cell(made: Path, tmp_path: Path, tried) -> None:
    """Once a confirmed run deleted cells before their jobs said that they cannot make them."""
    shutil.copytree(made / "results", tmp_path / "results", copy_function=shutil.copy2)
    # Snakemake's memory, by which it knows that the cells' settings have changed.
    shutil.copytree(made / ".snakemake", tmp_path / ".snakemake", copy_function=shutil.copy2)
    file = tmp_path / "tiny.yaml"
    settings = (ROOT / "config/tiny.yaml").read_text()
    file.write_text(settings.replace("online:\n", "online:\n  engine: torch2trt\n"))
    given = ("--config", f"study={file}", "confirm=true")
    out = tmp_path / "results/tiny"
    assert "adapt" in planned(snakemake(tmp_path, "--dry-run", *given).stdout)
    held = {path: path.read_bytes() for path in (out / "cells").rglob("*.*")}
    held |= {path: path.read_bytes() for path in (out / "study.yaml", out / "runs.json")}
    done = snakemake(tmp_path, *given, ok=False)
    assert "online.engine=torch2trt: needs tensorrt and torch2trt, not installed" in done.stderr
    assert {path: path.read_bytes() for path in held} == held
    tried("11", "a confirmed run by an engine that is not installed", {"refused": 1})
    # A board's own Python may have what the checkout's has not: there the job itself is begun.
    python = pythons.having(tmp_path, "tensorrt", "torch2trt")
    done = snakemake(tmp_path, *given, f"python={python}", ok=False)
    assert "not installed" not in done.stderr and "Error in rule adapt" in done.stderr


def test_one_strategy_runs_alone_and_leaves_the_studys_tables(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "results", tmp_path / "results", copy_function=shutil.copy2)
    out = tmp_path / "results/tiny"
    shutil.rmtree(out / "cells/offline/ground_truth/uniform")
    before = (out / "tables/table1.md").stat().st_mtime_ns
    done = snakemake(tmp_path, "--config", "study=tiny", "only=uniform", "--", "cells")
    assert planned(done.stdout + done.stderr)["finetune"] == 2
    assert {row["method"] for row in cell_rows(out / "only/uniform/cells.csv")} == {"uniform"}
    assert (out / "only/uniform/tables/table1.md").is_file()
    assert (out / "tables/table1.md").stat().st_mtime_ns == before


def test_an_edited_strategy_reruns_its_own_cells_alone(made: Path, tmp_path: Path) -> None:
    root = checkout(tmp_path)
    edited = root / "src/posequery/strategies/least_confidence.py"
    plan = ("--dry-run", "--config", "study=tiny")

    # Another checkout beside the same results, too: its own path must not count.
    edited.write_text("# a comment\n" + edited.read_text())
    done = snakemake(made, *plan, root=root)
    assert "Nothing to be done" in done.stdout + done.stderr

    edited.write_text(edited.read_text() + "\nCHANGED = 1\n")
    done = snakemake(made, *plan, root=root)
    jobs = planned(done.stdout + done.stderr)
    # Offline its selections, and the cells trained on them; online its cells of both teachers.
    assert jobs["select_frames"] == 2 and jobs["finetune"] == 2 and jobs["adapt"] == 2 * 2
    assert not {"score", "pretrain", "extract", "label"} & jobs.keys()


def test_the_pool_is_scored_again_only_for_what_no_strategy_needed_before(
    made: Path, tmp_path: Path
) -> None:
    root = checkout(tmp_path)
    study = root / "config/tiny.yaml"
    text = study.read_text()
    for name, again in (("top_confidence", False), ("k_center", True)):
        study.write_text(text + f"strategies: [uniform, random, error, least_confidence, {name}]\n")
        jobs = planned(snakemake(made, "--dry-run", "--config", "study=tiny", root=root).stdout)
        assert jobs["select_frames"] >= 2 and ("score" in jobs) == again


def test_an_edited_teacher_makes_its_own_labels_again(made: Path, tmp_path: Path) -> None:
    root = checkout(tmp_path)
    folder = root / "src/posequery/teachers"
    plan = ("--dry-run", "--config", "study=tiny")
    for name in ("blazepose/labelling.py", "openpose/__init__.py"):
        (folder / name).write_text((folder / name).read_text() + "\nCHANGED = 1\n")
    done = snakemake(made, *plan, root=root)
    assert "Nothing to be done" in done.stdout + done.stderr
    file = folder / "network/labelling.py"
    file.write_text(file.read_text() + "\nCHANGED = 1\n")
    jobs = planned(snakemake(made, *plan, root=root).stdout)
    # Of its labels: continual, once, and four strategies at two rates.
    assert jobs["label"] == 1 and jobs["adapt"] == 2 + 4 * 2
    assert not {"train_teacher", "pretrain", "extract"} & jobs.keys()


COLUMN = '''
"""The middle error."""

import numpy as np

from posequery.evaluation.columns import Column, Evaluation


def _median(evaluation: Evaluation) -> float:
    """Source pixels, of all limb joints together."""
    return float(np.nanmedian(evaluation.errors[:, 5:17]))


COLUMNS = (Column("median_px", _median),)
'''
TRAINING = {"finetune", "finetune_all", "adapt", "pretrain", "score", "select_frames"}


def test_a_metric_is_added_and_nothing_is_trained(made: Path, tmp_path: Path) -> None:
    root, study = checkout(tmp_path / "checkout"), tmp_path / "study"
    shutil.copytree(made, study)
    (root / "src/posequery/evaluation/columns/median.py").write_text(COLUMN)
    done = snakemake(study, "--dry-run", "--config", "study=tiny", root=root)
    jobs = planned(done.stdout + done.stderr)
    shown = dict.fromkeys(("paper_tables", "paper_figures", "verdicts", "report_page"), 1)
    assert jobs == {"measure": 2, "collect": 1, **shown, "all": 1}
    snakemake(study, "--config", "study=tiny", "--", "results/tiny/cells.csv", root=root)
    before, after = (cell_rows(path / "results/tiny/cells.csv") for path in (made, study))
    for old, new in zip(before, after, strict=True):
        assert [name for name in new if name not in old] == ["median_px"]
        assert 0 < float(new.pop("median_px")) and new == old


def test_words_and_tables_train_nothing(made: Path, tmp_path: Path) -> None:
    root = checkout(tmp_path)
    source = root / "src/posequery"

    def plan(file: str, *changes: tuple[str, str]) -> dict[str, int]:
        text = (source / file).read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (source / file).write_text(text)
        done = snakemake(made, "--dry-run", "--config", "study=tiny", root=root)
        return planned(done.stdout + done.stderr)

    # How progress is shown, and what of; what is reported of a damaged state; what is refused.
    assert plan("jobs/progress.py", ("INTERVAL = 5.0", "INTERVAL = 9.0")) == {}
    assert plan("online/adapt.py", ('"frames", "adapt")', '"images", "live")')) == {}
    assert plan("jobs/resume.py", ('tell(f"{folder}', 'tell(f"Look: {folder}')) == {}
    refused = ('BadInput("precision=bfloat16", fault, "', 'BadInput("precision", fault, "Please ')
    assert plan("student/training.py", refused) == {}
    shown = ("class BadInput(Exception):\n", "class BadInput(Exception):\n    # An error.\n")
    assert plan("jobs/files.py", shown) == {}
    jobs = plan("report/tables.py", ("\n\n\ndef ", "\n\n\nCHANGED = 1\n\n\ndef "))
    assert jobs.keys() == {"paper_tables", "report_page", "all"}
    # And what does change a number is seen.
    jobs = plan("online/clock.py", ("trained += 1", "trained += 2"))
    assert jobs["adapt"] == 1 + 2 * (2 + 4 * 2) and not TRAINING - {"adapt"} & jobs.keys()


def test_a_dataset_takes_the_rendered_peoples_place(made: Path, tmp_path: Path) -> None:
    """Pre-training on COCO's own format with validation, then the checkpoint in another study."""
    people = made / "results/tiny/data/generic"
    files = {
        "annotations": str(people / "annotations/person_keypoints_train2017.json"),
        "images": str(people / "train2017"),
    }
    corrected = tmp_path / "validation.json"
    shutil.copy(files["annotations"], corrected)
    student = {"coco": files, "validation": files | {"annotations": str(corrected)}}
    study = tmp_path / "real.yaml"
    study.write_text(f"extends: tiny\nworkers: 1\nstudent: {json.dumps(student)}\n")
    folder = "results/real/student"
    targets = (f"{folder}/average_precision.json", f"{folder}/best.pt")
    snakemake(tmp_path, "--config", f"study={study}", "--", *targets)
    figures = json.loads((tmp_path / targets[0]).read_text())
    assert {"AP", "AP50", "AR"} <= figures.keys()
    assert all(-1 <= value <= 1 for value in figures.values())
    (row,) = cell_rows(tmp_path / folder / "epochs.csv")
    assert float(row["val_loss"]) > 0
    # A corrected validation file is measured on again, and trains nothing.
    content = json.loads(corrected.read_text())
    content["annotations"][0]["keypoints"][2::3] = [0] * 17
    corrected.write_text(json.dumps(content))
    given = ("--config", f"study={study}", "--", *targets)
    again = snakemake(tmp_path, "--dry-run", *given)
    assert planned(again.stdout) == {"prepare": 1, "average_precision": 1}
    done = snakemake(tmp_path, *given)
    assert "best.pt, are of the validation set before it was corrected" in done.stdout + done.stderr
    assert planned(snakemake(tmp_path, "--dry-run", *given).stdout) == {}
    # The same people, the same words but for the study's name: as good as the study tiny's own.
    other = tmp_path / "given.yaml"
    weights = tmp_path / folder / "pretrained.pt"
    other.write_text(f"extends: tiny\nstudent: {{checkpoint: {json.dumps(str(weights))}}}\n")
    taken = "results/given/student/pretrained.pt"
    snakemake(tmp_path, "--config", f"study={other}", "--", taken)
    one, two = (torch.load(path, weights_only=True) for path in (weights, tmp_path / taken))
    assert all(torch.equal(one["weights"][key], two["weights"][key]) for key in two["weights"])


def test_the_stand_in_is_read_as_human36m_itself(made: Path, tmp_path: Path) -> None:
    """The same clips, to the last byte, by the table of true names as by the stand-in's own."""
    source = {"kind": "human36m", "root": str(made / "results/tiny/data/human36m")}
    content = {"extends": "tiny", "source": source | {"frame_counts": "any"}, "offline": None}
    study = tmp_path / "real.yaml"
    study.write_text(json.dumps(content | {"teachers": ["ground_truth"]}))
    snakemake(tmp_path, "--config", f"study={study}", "--", "results/real/clips/S1.json")
    clips = tmp_path / "results/real/clips"
    rows = json.loads((clips / "S1.json").read_text())["clips"]
    ours = json.loads((made / "results/tiny/clips/S1.json").read_text())["clips"]
    assert [row["slug"] for row in rows] == [row["slug"] for row in ours]
    for row in rows:
        name = f"{row['slug']}.h5"
        with (
            h5py.File(clips / name) as one,
            h5py.File(made / "results/tiny/clips" / name) as two,
        ):
            assert np.array_equal(one["joints"], two["joints"], equal_nan=True)
            assert np.array_equal(one["packed"], two["packed"])


@pytest.mark.parametrize("profile", ["gpu", "slurm", "jetson"])
def test_profiles_plan_the_study(profile: str, tmp_path: Path) -> None:
    given = str(ROOT / "workflow/profiles" / profile)
    plan = ("--profile", given, "--dry-run", "--printshellcmds", "--config", "device=cuda")
    done = snakemake(tmp_path, *plan)
    text = done.stdout + done.stderr
    # A board's own Python runs what needs torch, and nothing else.
    assert '"$POSEQUERY_TORCH_PYTHON" "$POSEQUERY_SCRIPTS"/score.py' in text
    assert '"$POSEQUERY_PYTHON" "$POSEQUERY_SCRIPTS"/collect.py' in text
    jobs = planned(text)
    # Of three seeds; what no draw enters, none and baseline, once.
    assert jobs["finetune"] == 3 * (4 * 5 + 1) + 1 and jobs["finetune_all"] == 3
    assert jobs["adapt"] == 3 * 2 * (2 + 4 * 2) + 1


@pytest.mark.parametrize(
    ("only", "pictures"),
    [("uniform", 0), ("baseline", 0), ("baseline,uniform", 1)],
)
def test_pictures_need_a_student_that_adapts_and_one_that_does_not(
    only: str, pictures: int, tmp_path: Path
) -> None:
    given = ("--dry-run", "--config", "study=lab", f"only={only}", "--")
    done = snakemake(tmp_path, *given, "all", "figures")
    jobs = planned(done.stdout + done.stderr)
    assert jobs.get("before_after", 0) == pictures and jobs["stream_report"] == 1


def test_a_strategy_may_have_a_digit_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    root = checkout(tmp_path / "checkout")
    folder = root / "src/posequery/strategies"
    text = (folder / "random.py").read_text()
    (folder / "top2.py").write_text(text.replace('Strategy("random"', 'Strategy("top 2"'))
    given = ("--dry-run", "--config", "study=tiny", "strategies=[top2]", "--", "cells")
    jobs = planned(snakemake(tmp_path, *given, root=root).stdout)
    assert jobs["adapt"] == 1 + 2 * (2 + 2)


def test_every_rule_says_what_it_takes() -> None:
    text = "\n".join(file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk"))
    rules = re.split(r"^ *rule\b.*:$", text, flags=re.MULTILINE)[1:]
    assert len(rules) > 15
    for rule in (rule for rule in rules if "shell:" in rule):
        for word in ("threads:", "mem_mb=", "runtime=", "gpu="):
            assert word in rule, f"no {word} in:{rule[:200]}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["study=minni"], "Did you mean 'mini'?"),
        (["study=tiny", "only=unifrom"], "Did you mean 'uniform'?"),
        (["study=tiny", "onlyy=uniform"], "unknown key 'onlyy'"),
        (["study=tiny", "training={epoch: 1}"], "did you mean 'epochs'?"),
    ],
)
def test_a_slip_in_the_config_stops_before_any_job(
    words: list[str], told: str, tmp_path: Path
) -> None:
    done = snakemake(tmp_path, "--config", *words, ok=False)
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists()


def test_planning_imports_no_torch(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "snakemake", "--dry-run", "--directory"]
    command += [str(tmp_path), "--snakefile", str(ROOT / "Snakefile")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    assert not re.search(
        r"\| +(torch|sklearn|cv2|av|h5py|matplotlib|seaborn)$", done.stderr, re.MULTILINE
    )

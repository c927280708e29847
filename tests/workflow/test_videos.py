"""A person's own videos with an offline half, from end to end."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import media
import numpy as np
import pandas as pd
import pytest
from runs import planned, snakemake

ROOT = Path(__file__).resolve().parents[2]
FRAMES = 20


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two short videos, labelled by a program that stands where OpenPose stands."""
    for name in ("monday", "tuesday"):
        frames = [media.numbered(frame, 96, 128) for frame in range(FRAMES)]
        media.write_video(tmp_path / f"{name}.mp4", frames, 10)
    program = tmp_path / "openpose.bin"
    (tmp_path / "models").mkdir()
    stand_in = (ROOT / "tests/builders/openpose_program.py").read_text()
    program.write_text(f"#!{sys.executable}\n{stand_in}")
    program.chmod(0o755)
    content = {
        "videos": ["monday.mp4", "tuesday.mp4"],
        "teachers": ["openpose"],
        "openpose": {"program": "openpose.bin", "models": "models"},
        "source": {"split": {"pool": "60%", "gap": "0.2 s"}},
        "student": {"input_size": 32, "images": 16, "image_size": 48, "recipe": {"epochs": 1}},
        "training": {"epochs": 1},
        "offline": {"rates": ["25%"], "methods": ["all"]},
        "online": {"rates": ["20%"], "methods": ["baseline"], "window": "10 frames"},
    }
    file = tmp_path / "mine.yaml"
    file.write_text(json.dumps(content))
    return file


def test_the_start_of_each_video_is_trained_on_and_its_end_tested(
    study: Path, tmp_path: Path, tried
) -> None:
    done = snakemake(tmp_path, "--config", f"study={study}")
    assert "Study mine is complete" in done.stdout + done.stderr
    (weights,) = re.findall("posequery predict --weights (.*) VIDEO", done.stdout)
    assert (tmp_path / weights).is_file() and "/uniform/20pct/" in weights
    out = tmp_path / "results/mine"
    with h5py.File(out / "labels/stream/openpose.h5") as file:
        labels = file["joints"][:]
    # Of 20 frames 12 are the pool's; 2 are in neither; 6 are the test's.
    for part, start, stop in (("pool", 0, 12), ("test", 14, 20)):
        for number, slug in enumerate(("01-monday", "02-tuesday")):
            with h5py.File(out / f"clips/{part}/{slug}.h5") as file:
                own = labels[FRAMES * number :][start:stop]
                assert np.isfinite(own).any()
                np.testing.assert_array_equal(file["joints"][:], own)
    cells = pd.read_csv(out / "cells.csv")
    offline = cells[cells["setting"] == "offline"].set_index("method")
    assert set(offline["teacher"]) == {"none", "openpose"} and set(offline["n"]) == {24}
    assert offline["k"].to_dict() == {"none": 0, "uniform": 6, "all": 24}
    assert offline["mpjpe_px"].notna().all() and (offline["frames"] == 12).all()
    assert (out / "figures/error_by_rate.png").is_file()
    assert "Errors are against OpenPose" in (out / "tables/labels_needed.md").read_text()
    assert "How many labels" in (out / "report.html").read_text()
    again = snakemake(tmp_path, "--dry-run", "--config", f"study={study}")
    assert planned(again.stdout) == {}

    # Another video in the place of one, with an older date, as `mv` and `cp -p` leave it.
    video = tmp_path / "monday.mp4"
    frames = [media.numbered(frame, 96, 128) for frame in range(FRAMES + 10)]
    media.write_video(video, frames, 10)
    os.utime(video, (10**9, 10**9))
    for confirmed in ("false", "true"):
        given = ("--dry-run", "--config", f"study={study}", f"confirm={confirmed}")
        done = snakemake(tmp_path, *given, ok=False)
        assert f"(touch {video}) to make the results again" in done.stderr
    video.touch()
    done = snakemake(tmp_path, "--dry-run", "--config", f"study={study}")
    assert {"extract", "adapt", "finetune"} <= planned(done.stdout).keys()
    tried("9", "a video replaced by an older one", {"refused": 2})


def posequery(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "posequery", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_restored_study_of_a_given_student_is_current_and_loses_nothing(
    study: Path, tmp_path: Path, tried
) -> None:
    """An archive holds neither its frames nor its student: once a run deleted what it could not
    make again."""
    student = "results/mine/student/pretrained.pt"
    snakemake(tmp_path, "--config", f"study={study}", "--", student)
    (tmp_path / student).rename(tmp_path / "given.pt")
    content = json.loads(study.read_text())
    content["videos"] = ["monday.mp4"]
    content["student"] = {"input_size": 32, "checkpoint": "given.pt"}
    content["offline"]["methods"] = []
    (tmp_path / "garden.yaml").write_text(json.dumps(content))
    snakemake(tmp_path, "--config", f"study={tmp_path / 'garden.yaml'}", "--", "archive")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = posequery(elsewhere, "archive", "--restore", "../results/garden/garden.tar.gz")
    assert "the student's weights" in done.stdout, done.stderr
    own, out = "results/garden/settings/garden.yaml", elsewhere / "results/garden"
    data = ("given.pt", "monday.mp4", "openpose.bin", "models")
    away = tmp_path / "away"
    away.mkdir()

    def is_current() -> None:
        done = snakemake(elsewhere, "--dry-run", "--config", f"study={own}")
        assert "Nothing to be done" in done.stdout + done.stderr
        assert "Study garden is complete" in posequery(elsewhere, "report", own).stdout
        assert "Study garden is packed" in posequery(elsewhere, "archive", own).stdout

    is_current()
    for name in data:
        (tmp_path / name).rename(away / name)
    is_current()
    tried("14", "a restored study of a given student, with its data or without", {"done right": 2})

    shutil.rmtree(out / "cells/offline/openpose/uniform")
    held = {path: path.read_bytes() for path in out.rglob("*.*") if path.is_file()}
    del held[out / ".lock"]
    done = posequery(elsewhere, "report", own)
    assert done.returncode == 1 and "given.pt" in done.stderr
    for name in data:
        (away / name).rename(tmp_path / name)
    done = posequery(elsewhere, "report", own)
    assert done.returncode == 1 and "holds no frames" in done.stderr
    assert "With the study's videos in place, delete its clips/ and pictures/" in done.stderr
    assert {path: path.read_bytes() for path in held} == held
    tried("14", "a run of a restored study that needs what its archive left out", {"refused": 2})

    for name in ("clips", "pictures"):
        shutil.rmtree(out / name)
    assert posequery(elsewhere, "report", own).returncode == 0
    made, first = (pd.read_csv(at / "cells.csv") for at in (out, tmp_path / "results/garden"))
    pd.testing.assert_series_equal(made["mpjpe_px"], first["mpjpe_px"])

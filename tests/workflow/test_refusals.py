"""What Snakemake itself meets first ends in one line: no trail of its files, no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import pythons
import yaml
from media import numbered, write_video
from runs import ROOT, checkout, planned, snakemake


def refused(folder: Path, *config: str, root: Path = ROOT) -> str:
    """The only line on stderr of a run that fails, but for Snakemake's own on the config."""
    done = snakemake(folder, "--quiet", "all", "--config", *config, root=root, ok=False)
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Config file ")]
    assert done.returncode == 1 and len(lines) == 1, done.stderr
    assert "Traceback" not in done.stdout and not any((folder / ".snakemake").rglob("*.lock"))
    return lines[0]


def study(path: Path, **keys: object) -> str:
    path.write_text(yaml.safe_dump(keys))
    return f"study={path}"


def test_settings_are_refused_where_the_workflow_is_read(tmp_path: Path, tried) -> None:
    (tmp_path / "é.yaml").write_text("videos: [a.mp4]\n")
    study(tmp_path / "f.yaml", extends="tiny", online={"engine": "onnxruntime"})
    bare = pythons.bare(tmp_path)
    cases = [
        (["study=minni"], "error: study=minni: there is no such study. Did you mean 'mini'?"),
        ([f"study={'x' * 300}.yaml"], "its name becomes a folder's: at most 100 letters"),
        (
            [study(tmp_path / "a.yaml", videos=["a.mp4"], seeds=[True])],
            "takes a whole number",
        ),
        (["study=tiny", "stdy=mini"], "--config: unknown key 'stdy': did you mean 'study'?"),
        (["study=tiny", "only="], "error: only=: names no method."),
        (
            [study(tmp_path / "e.yaml", extends="tiny", online={"engine": "torch2trt"})],
            "online.engine=torch2trt: needs tensorrt and torch2trt, not installed here.",
        ),
        (
            [f"study={tmp_path / 'f.yaml'}", f"python={bare}"],
            f"needs onnx and onnxscript and onnxruntime, not installed in {bare}. Install them",
        ),
    ]
    for config, told in cases:
        assert told in refused(tmp_path, *config)
    tried("11", "settings that are refused", {"one line, exit code 1": len(cases)})


def test_missing_files_are_refused_where_inputs_are_asked_for(tmp_path: Path, tried) -> None:
    (tmp_path / "a.mp4").touch()
    cases = [
        (["study=human36m"], "there is no such folder. Correct its path under "),
        ([study(tmp_path / "b.yaml", videos=["a.mp4", "b.mp4"])], "b.mp4: there is no such file."),
        (
            [study(tmp_path / "c.yaml", videos=["a.mp4"], student={"checkpoint": "mine.pt"})],
            "mine.pt: there is no such file. Correct its path under student.checkpoint.",
        ),
    ]
    for config, told in cases:
        assert told in refused(tmp_path, *config)
    tried("11", "a missing file in an input function", {"one line, exit code 1": len(cases)})


def test_a_checkout_whose_folder_holds_a_brace_is_refused(tmp_path: Path) -> None:
    root = checkout(tmp_path / "a{b}c")
    assert "its path holds a brace, a wildcard to Snakemake" in refused(
        tmp_path, "study=tiny", root=root
    )


def test_a_module_without_a_study_is_refused(tmp_path: Path) -> None:
    snakefile = str(ROOT / "workflow/Snakefile")
    lines = f"module pose:\n    snakefile: {snakefile!r}\n    config: {{'device': 'cpu'}}\n\n\n"
    (tmp_path / "Snakefile").write_text(f"{lines}use rule * from pose as pose_*\n")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: study=: no study is named. Name one, as --config study=mini.\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_results_that_may_not_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir(mode=0o500)
    assert "results/tiny: cannot be written in" in refused(tmp_path, "study=tiny")


def test_results_that_are_no_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    assert "results: is a file where a folder is needed" in refused(tmp_path, "study=tiny")


@pytest.mark.parametrize(
    ("online", "told"),
    [
        ({"window": "10 s"}, "online.window=10 s: is no shorter than the stream of 40 frames"),
        ({"window": "1 s", "rates": ["1%"]}, "online.rates=1%: picks nothing of a window of 30 fr"),
        (
            {"window": "1 s", "rates": ["10%"], "methods": ["once"]},
            "online.once_rate=1%: picks nothing of a window of 30 frames",
        ),
    ],
)
def test_a_stream_too_short_is_refused_where_it_is_indexed(tmp_path, online, told, tried) -> None:
    write_video(tmp_path / "a.mp4", map(numbered, range(40)), 30)
    named = study(tmp_path / "mine.yaml", videos=["a.mp4"], online=online)
    index = "results/mine/clips/stream.json"
    done = snakemake(tmp_path, index, "--config", named, ok=False)
    assert f"error: {told}" in done.stderr and not (tmp_path / index).exists()
    # Nothing is trained before that job.
    student = "results/mine/student/pretrained.pt"
    jobs = snakemake(tmp_path, "--dry-run", student, "--config", named)
    assert planned(jobs.stdout)["index"] == 1
    tried("9", "a stream too short for its window or rate", {"refused before training": 1})


def test_one_more_rate_indexes_no_stream_again(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", map(numbered, range(40)), 30)
    index = "results/mine/clips/stream.json"
    for rate, jobs in (("10%", {"extract": 1, "index": 1}), ("20%", {})):
        online = {"window": "1 s", "rates": [rate]}
        named = study(tmp_path / "mine.yaml", videos=["a.mp4"], online=online)
        assert planned(snakemake(tmp_path, "--dry-run", index, "--config", named).stdout) == jobs
        snakemake(tmp_path, index, "--config", named)

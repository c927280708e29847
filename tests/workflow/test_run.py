"""`make study` and its like, as real processes: killed, interrupted, and two at once."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from runs import ROOT, checkout, ended, started

STUDY = """
extends: tiny
offline: null
teachers: [ground_truth]
strategies: [uniform]
online: {rates: [10%]}
"""


def start(
    folder: Path, target: str = "cells", root: Path = ROOT, more: Path | None = None
) -> subprocess.Popen[str]:
    """more: a folder of modules that come before all others."""
    command = [sys.executable, str(root / "scripts/run.py"), "small.yaml", target]
    paths = map(str, filter(None, [more, root / "src"]))
    return started(command, folder, PYTHONPATH=os.pathsep.join(paths))


def trains(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes of a run, once one of them trains: Snakemake's is the first."""
    for _ in range(600):
        family = psutil.Process(run.pid).children(recursive=True)
        if any("scripts/adapt.py" in " ".join(words(one)) for one in family):
            return family
        time.sleep(0.1)
    raise AssertionError(ended(run)[1])


def words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("it's a $study")
    (folder / "small.yaml").write_text(STUDY)
    code, text = ended(start(folder))
    assert code == 0, text
    assert "Adapt on S1 by uniform at 10pct, seed 0, labels by ground_truth (0:" in text
    assert "\r" not in text and "\x1b" not in text
    return folder


@pytest.fixture
def unfinished(made: Path, tmp_path: Path) -> Path:
    """A copy in which the cells are still to be made."""
    shutil.copytree(made, tmp_path / "copy", copy_function=shutil.copy2)
    for name in ("cells", "measures"):
        shutil.rmtree(tmp_path / "copy/results/small" / name)
    return tmp_path / "copy"


def cells(folder: Path) -> dict[str, bytes]:
    """Everything that two runs have in common."""
    out = folder / "results/small"
    files = [out / "cells.csv", *out.glob("cells/**/cell.json"), *out.glob("cells/**/record.h5")]
    assert len(files) == 1 + 2 * 4
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


def test_killed_at_any_moment_it_simply_goes_on(made: Path, unfinished: Path, tried) -> None:
    moments = random.Random(13)
    left = 0
    for victim in ("the launcher", "snakemake", "the launcher", "all"):
        run = start(unfinished)
        try:
            family = trains(run)
            time.sleep(moments.uniform(0, 2))
        finally:
            whom = {"snakemake": family[:1], "all": family}.get(victim, [])
            for process in [psutil.Process(run.pid), *whom] if victim != "snakemake" else whom:
                if process.is_running():
                    process.kill()
        code, text = ended(run)
        assert code in (-signal.SIGKILL, 128 + signal.SIGKILL), text
        left += "A run of this study was killed" in text
    code, text = ended(start(unfinished))
    assert code == 0, text
    assert left >= 1
    assert cells(unfinished) == cells(made)
    tried("13", "SIGKILL of a run, then the same command", {"same result": 4})


def test_an_interruption_is_one_line_and_leaves_nothing_running(
    made: Path, unfinished: Path, tried
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        run = start(unfinished)
        family = trains(run)
        run.send_signal(number)
        code, text = ended(run)
        assert code == 128 + number
        last = text.splitlines()[-1]
        assert last.startswith("Stopped. What is finished is kept") and last.count("again") == 1
        rest = [line for line in text.splitlines()[:-1] if not line.startswith("[")]
        assert rest == []
        assert not psutil.wait_procs(family, timeout=20)[1]
    code, text = ended(start(unfinished))
    assert code == 0, text
    assert cells(unfinished) == cells(made)
    tried("13", "SIGINT or SIGTERM of a run, then the same command", {"same result": 2})


def test_an_interruption_before_the_first_job_is_one_line(unfinished: Path, tried) -> None:
    for seconds in (0.5, 1.0, 1.5, 2.5, 3.5):
        run = start(unfinished)
        while not (family := psutil.Process(run.pid).children()):
            time.sleep(0.01)
        time.sleep(seconds)
        run.send_signal(signal.SIGINT)
        code, text = ended(run)
        assert code == 128 + signal.SIGINT
        (line,) = [line for line in text.splitlines() if not line.startswith("[")]
        assert line.startswith("Stopped. What is finished is kept")
        assert not psutil.wait_procs(family, timeout=20)[1]
    tried("13", "Ctrl-C while a run is planned or begins", {"one line": 5})


def test_an_interruption_of_the_last_sums_ends_the_run(made: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, time\n"
        "from posequery.study import changes\n"
        "def note(*_):\n"
        "    print('noting', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "changes.note = note\n"
    )
    codes = {number: 128 + number for number in (signal.SIGTERM, signal.SIGINT)}
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as of a job in the background
        del codes[signal.SIGINT]
    for number, code in codes.items():
        run = start(made, more=tmp_path)
        for _ in range(600):
            time.sleep(0.1)
            if b"noting" in os.pread(run.said.fileno(), 10_000, 0):
                break
        run.send_signal(number)
        assert ended(run)[0] == code


def test_a_second_run_is_refused_while_the_first_goes_on(made: Path, unfinished: Path) -> None:
    first = start(unfinished)
    trains(first)
    code, text = ended(start(unfinished))
    assert code == 1
    assert text.startswith("error: results/small: a run of this study is under way (process ")
    assert text.count("\n") == 1
    # Snakemake by itself is refused as well, since the workflow asks for the same lock.
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--cores", "1", "--nolock", "--rerun-incomplete"]
    command += ["--config", "study=small.yaml", "--", "cells"]
    plain = subprocess.run(command, cwd=unfinished, capture_output=True, text=True)
    assert plain.returncode == 1
    assert "a run of this study is under way" in plain.stderr and "Traceback" not in plain.stderr
    code, text = ended(first)
    assert code == 0, text
    assert cells(unfinished) == cells(made)


@pytest.mark.parametrize(("device", "said"), [("cpu", 1), ("cuda", 0)])
def test_a_study_of_the_cpu_under_a_profile_of_a_card_is_told(
    tmp_path: Path, device: str, said: int
) -> None:
    """It trained on the CPU for days, and nothing said so."""
    (tmp_path / "small.yaml").write_text(f"{STUDY}device: {device}\n")
    command = [sys.executable, str(ROOT / "scripts/run.py"), "small.yaml", "no_such_target"]
    command += ["--profile", str(ROOT / "workflow/profiles/gpu")]
    _, text = ended(started(command, tmp_path, PYTHONPATH=str(ROOT / "src")))
    assert text.count("for the card set device: cuda") == said
    assert "no_such_target" in text


def test_a_copy_without_dates_is_said_to_be_one(made: Path, tmp_path: Path, tried) -> None:
    folder = shutil.copytree(made, tmp_path / "copy", copy_function=shutil.copy)
    (folder / "results/small/.lock").unlink()
    code, text = ended(start(folder, "student/nothing"))
    first = text.splitlines()[0]
    assert code == 1 and first.startswith("results/small: this looks like a copy without dates")
    assert "`make verify CONFIG=small.yaml` keeps what is whole" in first
    tried("9", "a copy without dates that is run again", {"said": 1})


def test_a_bug_in_a_job_is_its_last_line_and_the_place_of_its_log(
    unfinished: Path, tmp_path: Path
) -> None:
    root = checkout(tmp_path / "checkout")
    job = root / "scripts/adapt.py"
    job.write_text(
        job.read_text().replace("    adapt(**", '    raise KeyError("a bug")\n    adapt(**')
    )
    code, text = ended(start(unfinished, root=root))
    assert code == 1
    failed = re.findall(r"(.*)\nerror: This job failed: Adapt on .*; its log: (.*)\n", text)
    assert failed and {why for why, _ in failed} == {"KeyError: 'a bug'"}
    assert "--recipe" not in text and "Traceback" not in text
    for _, log in failed:
        assert log.startswith("results/small/logs/online/")
        assert "Traceback" in (unfinished / log).read_text()


def test_an_unusable_file_is_one_line_that_names_it(unfinished: Path) -> None:
    student = unfinished / "results/small/student/pretrained.pt"
    student.write_bytes(b"no checkpoint")
    os.utime(student, (0, 0))
    code, text = ended(start(unfinished))
    assert code == 1
    assert "error: results/small/student/pretrained.pt: is truncated or not a checkpoint" in text
    assert "results/small/logs/online/" in text
    assert "--recipe" not in text and "Traceback" not in text

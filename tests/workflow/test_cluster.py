"""A study on a real Slurm of two virtual nodes: killed, cancelled, too slow, and the same bytes."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import runs
from cluster import Cluster, missing
from runs import checkout, started

from posequery.sources.human36m import names

PLAYED = {"S1": 6, "S9": 3, "S11": 3}
STUDY = f"""
extends: tiny
teachers: [ground_truth]
strategies: [uniform]
source:
  pool_sequences: 1
  exclude: {
    [
        f"{subject} {sequence.stem}"
        for subject, count in PLAYED.items()
        for sequence in [*names.sequences(subject)[count:]]
    ]
}
training: {{epochs: 4}}
offline: {{rates: [20%], methods: [all]}}
online: {{rates: [10%], methods: [baseline], window: 10 frames}}
"""
SAVED = "        _save_state(state, network, optimiser, epochs, best)\n"
HELD = """\
        while epoch == 1 and Path("hold").exists():
            Path(f"held-{os.environ['SLURM_JOB_ID']}").touch()
            time.sleep(0.1)
"""
"""A training stays after its second epoch, which is kept by then, as long as `hold` is there."""

pytestmark = pytest.mark.skipif(bool(missing()), reason=str(missing()))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose trainings can be held, and whose profile looks more often."""
    made = checkout(tmp_path_factory.mktemp("root"))
    training = made / "src/posequery/student/training.py"
    text = training.read_text()
    assert text.count(SAVED) == 1
    training.write_text("import os\n" + text.replace(SAVED, SAVED + HELD))
    profile = made / "workflow/profiles/slurm/profile.yaml"
    text = profile.read_text()
    assert "before-status-checks: 10\n" in text
    profile.write_text(text.replace("before-status-checks: 10\n", "before-status-checks: 1\n"))
    return made


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study as it is made without a cluster."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "small.yaml").write_text(STUDY)
    code, text = ended(start(folder, root, {}))
    assert code == 0, text
    return folder


@pytest.fixture
def unfinished(made: Path, tmp_path: Path) -> Path:
    """A copy that lacks three clips of the test, selections and cells."""
    folder = tmp_path / "a $tudy; #1"
    shutil.copytree(made, folder, copy_function=shutil.copy2)
    out = folder / "results/small"
    for file in (out / "clips/test.json", *(out / "clips").glob("S9-*.h5")):
        file.unlink()
    for name in ("cells", "measures", "selections"):
        shutil.rmtree(out / name)
    return folder


def start(
    folder: Path, root: Path, environment: dict[str, str], profile: Path | None = None
) -> subprocess.Popen[str]:
    command = [sys.executable, str(root / "scripts/run.py"), "small.yaml", "cells"]
    command += ["--profile", str(profile)] if profile else []
    return started(command, folder, **environment | {"PYTHONPATH": str(root / "src")})


def ended(run: subprocess.Popen[str]) -> tuple[int, str]:
    return runs.ended(run, seconds=600)


def result(folder: Path) -> dict[str, bytes]:
    """Everything that two runs have in common."""
    out = folder / "results/small"
    files = [out / "cells.csv", *(out / "clips").glob("*.h5")]
    for name in ("cell.json", "record.h5", "weights.pt"):
        files += out.glob(f"cells/**/{name}")
    assert len(files) == 1 + 14 + 3 * 5
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


def held(cluster: Cluster, folder: Path, group: str) -> tuple[str, str]:
    """A job of this group that is held in its training, and its node."""
    found: list[tuple[str, str]] = []

    def look() -> bool:
        jobs = cluster.jobs(group).items()
        found[:] = [job for job in jobs if (folder / f"held-{job[0]}").exists()]
        return bool(found)

    cluster.wait(look)
    return found[0]


def test_it_is_cancelled_killed_and_too_slow_and_ends_at_a_local_runs_bytes(
    cluster: Cluster, root: Path, made: Path, unfinished: Path, tried
) -> None:
    profile = root / "workflow/profiles/slurm"
    (unfinished / "hold").touch()

    # The run is killed. Snakemake and its jobs go on without it; the next run ends them.
    run = start(unfinished, root, cluster.environment, profile)
    held(cluster, unfinished, "streams")
    run.kill()
    ended(run)
    assert cluster.jobs("streams")

    run = start(unfinished, root, cluster.environment, profile)
    cluster.wait(lambda: not cluster.jobs("streams"))

    slow, _ = held(cluster, unfinished, "streams")
    cluster.run("scontrol", "update", f"JobId={slow}", "EndTime=now")
    cancelled, _ = held(cluster, unfinished, "cell_finetune_select")
    cluster.run("scancel", cancelled)
    # What ends on a node that dies meanwhile would count as failed with it.
    ending = {slow, cancelled}
    cluster.wait(lambda: ending.isdisjoint(cluster.jobs("", "RUNNING,COMPLETING")))
    dying, node = held(cluster, unfinished, "cell_finetune_all")
    cluster.kill_node(node)
    cluster.give_up(node)
    # It waits, or runs on the other node.
    cluster.wait(lambda: cluster.jobs("cell_finetune_all", "all").get(dying) != node)
    (unfinished / "hold").unlink()
    cluster.start_node(node)
    code, text = ended(run)
    assert code == 0, text
    assert text.count("left on the cluster were ended.\n") == 1
    assert text.count("Slurm: it was cancelled\n") == 1
    assert text.count("Slurm: it took longer than it asked for\n") == 1
    assert "Traceback" not in text and "account" not in text
    assert result(unfinished) == result(made)
    tried("11", "SIGKILL of a run on a cluster, then the same command", {"same result": 1})
    tried("11", "a job cancelled on a cluster", {"same result": 1})
    tried("11", "a job that hits its limit of time", {"same result": 1})
    tried("11", "a node that dies in mid-training", {"same result": 1})


def test_an_interruption_cancels_its_jobs(
    cluster: Cluster, root: Path, unfinished: Path, tried
) -> None:
    run = start(unfinished, root, cluster.environment, root / "workflow/profiles/slurm")
    cluster.wait(lambda: cluster.jobs("streams"))
    run.send_signal(signal.SIGINT)
    code, text = ended(run)
    assert code == 128 + signal.SIGINT
    assert text.splitlines()[-1].startswith("Stopped. What is finished is kept")
    assert "Traceback" not in text and "error: " not in text
    cluster.wait(lambda: not cluster.run("squeue", "-h"))
    tried("11", "Ctrl-C of a run on a cluster", {"one line, no jobs left": 1})


def test_a_partition_that_is_not_there_is_one_line_and_nothing_is_submitted(
    cluster: Cluster, root: Path, unfinished: Path, tmp_path: Path, tried
) -> None:
    before = cluster.run("squeue", "-h", "--states=all", "-o", "%i").split()
    profile = root / "workflow/profiles/slurm/profile.yaml"
    text = profile.read_text()
    assert "#  slurm_partition: NAME\n" in text
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/profile.yaml").write_text(
        text.replace("#  slurm_partition: NAME\n", "  slurm_partition: cards\n")
    )
    code, said = ended(start(unfinished, root, cluster.environment, tmp_path / "mine"))
    assert code == 1
    error = "error: slurm_partition=cards: the cluster has no such partition (it has main)."
    assert said.count(error) == said.count("error: ") == 1
    after = cluster.run("squeue", "-h", "--states=all", "-o", "%i").split()
    assert {*after} <= {*before}  # Slurm forgets those that ended long ago
    tried("11", "a partition that the cluster does not have", {"refused": 1})

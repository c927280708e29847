"""The project as a module of another workflow."""

import subprocess
import sys
from pathlib import Path

from runs import ROOT, planned

OUTER = """
module pose:
    snakefile: {snakefile!r}
    config: {{"study": "tiny"}}


use rule * from pose as pose_*


rule mine:
    default_target: True
    input:
        rules.pose_collect.output.cells,
    output:
        "mine.txt",
    shell:
        "echo threads=$OMP_NUM_THREADS src=${{{{PYTHONPATH-none}}}} > {{output}}"
"""


def outer(folder: Path, *arguments: str) -> str:
    snakefile = ROOT / "workflow/Snakefile"
    (folder / "Snakefile").write_text(OUTER.format(snakefile=str(snakefile)))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout + done.stderr


def test_another_workflow_plans_a_whole_study(tmp_path: Path) -> None:
    jobs = planned(outer(tmp_path, "--dry-run"))
    assert jobs["mine"] == 1 and jobs["pose_finetune"] == 4 * 2 + 2
    assert jobs["pose_adapt"] == 1 + 2 * (2 + 4 * 2)


def test_a_job_of_the_module_runs_and_its_settings_stay_its_own(tmp_path: Path) -> None:
    target = "results/tiny/clips/S1-Eating-54138969.h5"
    outer(tmp_path, "--until", "pose_extract", "--", target)
    assert (tmp_path / target).is_file()
    (tmp_path / "results/tiny/cells.csv").touch()
    done = outer(tmp_path, "--allowed-rules", "mine", "--", "mine.txt")
    assert "localrules" not in done
    assert (tmp_path / "mine.txt").read_text() == "threads=1 src=none\n"

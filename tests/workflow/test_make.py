"""What `make` hands to the scripts, as it would run them."""

import subprocess

import pytest
from runs import ROOT


def made(*words: str) -> str:
    """The last command of a target, which is not run."""
    command = ["make", "--dry-run", "--old-file=envs/workstation.txt", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("target", "study"), [("study", "mini"), ("lab", "lab"), ("run", '"a b/mine.yaml"')]
)
def test_results_of_another_protocol_are_overwritten_by_make(target, study, tried) -> None:
    for more, option in (([], ""), (["CONFIRM=true"], '--confirm="true"')):
        command = made(target, "CONFIG=a b/mine.yaml", *more)
        assert command.split("scripts/run.py ")[1].strip() == f"{study} {option}".strip()
    tried("9", "a changed study under an old name", {"overwritten by make, if asked": 1})

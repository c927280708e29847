"""What `make` hands to the scripts, as it would run them."""

import subprocess

import pytest
from runs import ROOT


def made(*words: str) -> str:
    """The commands of a target, which are not run."""
    command = ["make", "--dry-run", "--old-file=envs/workstation.txt", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("target", "study"), [("study", "mini"), ("lab", "lab"), ("run", '"a b/mine.yaml"')]
)
def test_results_of_another_protocol_are_overwritten_by_make(target, study, tried) -> None:
    for more, option in (([], ""), (["CONFIRM=true"], '--confirm="true"')):
        command = made(target, "CONFIG=a b/mine.yaml", *more)
        assert (
            command.split("scripts/run.py ")[1].splitlines()[0].strip()
            == f"{study} {option}".strip()
        )
    tried("9", "a changed study under an old name", {"overwritten by make, if asked": 1})


@pytest.mark.parametrize("study", ["mini", "a b/mine.yaml", "../mine.yml"])
@pytest.mark.parametrize("target", ["run", "check", "archive", "verify"])
def test_each_takes_a_study_by_its_name_or_its_file(target: str, study: str) -> None:
    assert f'"{study}"' in made(target, f"CONFIG={study}")

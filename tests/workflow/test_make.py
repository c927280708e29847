"""What `make` hands to the scripts."""

import subprocess

import pytest
from runs import ROOT

PRINT = r"printf '%s\n'"


def handed(*words: str) -> list[str]:
    """The arguments that a target hands over, of an environment that is there."""
    command = ["make", "--silent", "STUDY_ENV=README.md", f"RUN_STUDY={PRINT}"]
    command += [f"POSEQUERY={PRINT}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("target", "study"), [("study", "mini"), ("lab", "lab"), ("run", "a b/mine.yaml")]
)
def test_results_of_another_protocol_are_overwritten_by_make(target, study, tried) -> None:
    for more, option in (([], []), (["CONFIRM=true"], ["--confirm=true"])):
        assert handed(target, "CONFIG=a b/mine.yaml", *more) == [study, *option]
    tried("9", "a changed study under an old name", {"overwritten by make, if asked": 1})


@pytest.mark.parametrize(
    "text",
    ["mini", "a b/mine.yaml", "../mine.yml", 'a"; touch F; "', "$(touch F)", "`touch F`", "a'$b$$"],
)
def test_a_text_is_handed_over_as_it_is_typed(text: str) -> None:
    """And never to a shell, which would run what is in it."""
    assert handed("run", f"CONFIG={text}") == [text]
    assert handed("check", f"CONFIG={text}") == ["check", text]
    assert handed("archive", f"CONFIG={text}") == ["archive", text]
    assert handed("verify", f"CONFIG={text}") == ["archive", "--verify", text]
    assert handed("restore", f"ARCHIVE={text}") == ["archive", "--restore", text]
    profile = ["mini", f"--confirm={text}", "--profile", f"workflow/profiles/{text}"]
    assert handed("run", "CONFIG=mini", f"CONFIRM={text}", f"PROFILE={text}") == profile

"""The console command: its subcommands, and what starts quickly."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from posequery.commands import console

ROOT = Path(__file__).resolve().parents[2]
LIGHT = ("adapt", "check", "report", "archive")


def test_the_console_command_is_main():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"posequery": "posequery.commands.console:main"}
    assert callable(console.main)


def test_help_lists_each_and_what_it_does(posequery):
    done = posequery("--help")
    assert done.returncode == 0 and not done.stderr
    for name in console.COMMANDS:
        assert f"\n    {name} " in done.stdout
    for name in console.COMMANDS:
        assert f"usage: posequery {name}" in posequery(name, "--help").stdout


def test_it_says_its_version(posequery):
    """Also in the environment that make makes, where Python knows no package of its name."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    done = posequery("--version")
    assert (done.returncode, done.stdout) == (0, f"posequery {version}\n")


def test_a_wrong_word_is_one_line_and_a_non_zero_exit(posequery):
    for words in ((), ("predikt", "x")):
        done = posequery(*words)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert done.stderr.splitlines()[-1].startswith("posequery: error: ")


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in console.COMMANDS)])
def test_help_imports_nothing_that_takes_long(words):
    code = (
        "import sys\nfrom posequery.commands.console import called\n"
        f"try: called({words})\nexcept SystemExit: pass\n"
        "print(sorted({'torch', 'pandas', 'cv2', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_needs_no_torch_may_not_import_it():
    """The linter of imports holds them to it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (held,) = [one for one in project["contracts"] if one["id"] == "torch"]
    for name in LIGHT:
        assert f"posequery.commands.{name}" in held["source_modules"]


def test_the_report_of_a_study_is_a_run_of_it(started):
    console.called(["report", "mini"])
    assert started == [["mini"]]


def test_the_script_that_make_installs_finds_its_python(tmp_path):
    """It is called by its path, through a link, and in folders with spaces and dollar signs."""
    install = (ROOT / "envs/install.sh").read_text()
    script = install.partition("<<'END'\n")[2].partition("END\n")[0]
    place = tmp_path / "a $HOME/.venv/bin"
    place.mkdir(parents=True)
    (place / "posequery").write_text(script)
    (place / "posequery").chmod(0o755)
    (place / "python").write_text('#!/bin/sh\necho "$0" "$@"\n')
    (place / "python").chmod(0o755)
    (tmp_path / "link").symlink_to(place / "posequery")
    for path in (place / "posequery", tmp_path / "link"):
        done = subprocess.run([path, "check", "a b"], capture_output=True, text=True, check=True)
        assert done.stdout == f"{place}/python -m posequery check a b\n"

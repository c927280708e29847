import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from posequery.jobs.files import BadInput
from posequery.study import turns

HOLDER = """
import sys, time
from pathlib import Path
from posequery.study import turns
turns.take(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def out(tmp_path, monkeypatch):
    """A study's results; what the test itself holds is given back."""
    monkeypatch.setenv(turns.MARK, "none")
    yield tmp_path / "results/mini"
    for file in turns._held.values():
        os.close(file)
    turns._held.clear()


@pytest.fixture
def holder(out):
    src = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": src}
    command = [sys.executable, "-c", HOLDER, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_second_run_is_refused_in_one_line_that_names_the_first(out, holder, tried):
    with pytest.raises(BadInput) as refused:
        turns.take(out)
    text = str(refused.value)
    assert text.startswith(f"{out}: a run of this study is under way (process {holder.pid}, since ")
    assert text.endswith(f"or stop it by `kill {holder.pid}`.") and "\n" not in text
    tried("13", "a second run of a study", {"refused": 1})


@pytest.mark.parametrize("what", ["link", "pipe", "folder", "file above"])
def test_what_is_no_lock_is_refused_and_left_alone(out, tmp_path, what):
    other = tmp_path / "other.txt"
    other.write_text("kept")
    if what == "file above":
        out.parent.mkdir()
        out.write_text("a file")
    else:
        out.mkdir(parents=True)
    lock = out / ".lock"
    if what == "link":
        lock.symlink_to(other)
    elif what == "pipe":
        os.mkfifo(lock)
    elif what == "folder":
        lock.mkdir()
    with pytest.raises(BadInput, match="is no ") as refused:
        turns.take(out)
    assert str(lock) in str(refused.value) and other.read_text() == "kept"
    assert not turns._held


def test_a_run_that_has_not_yet_said_who_it_is_is_told_without(out, holder):
    (out / ".lock").write_text("")
    with pytest.raises(BadInput) as refused:
        turns.take(out)
    assert str(refused.value) == f"{out}: a run of this study is under way. Wait until it ends."


def test_a_study_is_free_again_however_its_run_ended(out, holder):
    holder.kill()
    holder.wait()
    assert turns.take(out) and turns.take(out)


def test_other_studies_run_side_by_side(out, holder):
    assert turns.take(out.parent / "lab")


def test_a_part_of_the_run_that_holds_a_study_takes_nothing(out, holder, monkeypatch):
    monkeypatch.setenv(turns.MARK, str(out.resolve() / ".lock"))
    assert turns.take(out) and turns.inherited(out)


def test_what_a_killed_run_left_is_ended_and_nothing_else(out, tried):
    turns.take(out)
    assert not turns.inherited(out)
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    other = {**os.environ, turns.MARK: str(out.parent / "lab/.lock")}
    with subprocess.Popen(sleep) as orphan, subprocess.Popen(sleep, env=other) as bystander:
        ended = turns.end_orphans(out)
        bystander.kill()
        assert ended == 1 and not psutil.pid_exists(orphan.pid)
        assert bystander.wait() == -signal.SIGKILL  # and so lived until now
    assert turns.end_orphans(out) == 0
    tried("13", "jobs that a killed run left", {"ended": 1})


def test_a_file_system_without_locks_is_said(out, monkeypatch):
    def flock(file, how):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    assert turns.take(out) is False

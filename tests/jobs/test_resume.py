"""Only a killed job itself resumes from its folder."""

import errno
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from corruption import corrupted

from posequery.jobs import resume, seeds
from posequery.jobs.resume import job, keep, restored

TOLD = {"epochs": 1}


class Killed(Exception):
    pass


def work(folder: Path, told: dict | None = None, **inputs: Path | None) -> str | None:
    """A job that is killed after it has noted its state; what it had found there."""
    with pytest.raises(Killed), job(folder, told or TOLD, inputs) as state:
        left = state / "epoch"
        found = left.read_text() if left.exists() else None
        left.write_text("3")
        raise Killed
    return found


def test_the_same_job_resumes_and_another_starts_over(tmp_path: Path) -> None:
    folder, file = tmp_path / "state", tmp_path / "input"
    file.write_text("one")
    assert work(folder, images=file) is None
    assert work(folder, images=file) == "3"
    assert work(folder, {"epochs": 2}, images=file) is None
    assert work(folder, images=file) is None
    file.write_text("two")
    assert work(folder, images=file) is None
    # An input counts by what it is to the job.
    assert work(folder, labels=file) is None
    assert work(folder, labels=file, images=None) is None


def test_where_an_input_lies_does_not_count(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).write_text("content")
    assert work(tmp_path / "state", images=tmp_path / "one") is None
    assert work(tmp_path / "state", images=tmp_path / "other") == "3"


def test_nothing_is_left_of_a_job_that_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "a/state"
    work(folder)
    with job(folder, TOLD, {}) as state:
        assert (state / "epoch").read_text() == "3"
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a and more"])
def test_a_folder_whose_owner_cannot_be_read_is_emptied(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "state"
    work(folder)
    (folder / "job").write_bytes(content)
    assert work(folder) is None


def test_a_kill_while_a_folder_is_deleted_leaves_nothing_to_resume_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(shutil, "rmtree", killed)
        with job(folder, TOLD, {}) as state:
            (state / "epoch").write_text("of deleted parts")
    assert work(folder) is None


def told(note: object) -> object:
    return note


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A job's folder that has kept a note and two files, and has gone a little further since."""
    folder = tmp_path / "kept"
    with pytest.raises(Killed), job(folder, TOLD, {}) as state:
        for name in ("a-1", "b"):
            (state / name).write_bytes(name.encode() * 50)
        keep(state, {"frame": 7, "of": ["a", "b"]}, [state / "a-1", state / "b"])
        (state / "a-2").write_text("not kept yet")
        raise Killed
    return folder


def test_what_was_kept_comes_back(kept: Path) -> None:
    assert restored(kept, told) == {"frame": 7, "of": ["a", "b"]}
    (kept / "a-2").write_text("newer")
    keep(kept, 8, [kept / "a-2", kept / "b"])
    assert {path.name for path in kept.iterdir()} == {"job", resume.KEPT, "a-2", "b"}
    assert restored(kept, told) == 8


def test_without_a_note_nothing_is_left_but_the_folder(kept: Path, capsys) -> None:
    (kept / resume.KEPT).unlink()
    assert restored(kept, told) is None
    assert [path.name for path in kept.iterdir()] == ["job"]
    assert not capsys.readouterr().err


def test_a_kill_while_it_is_kept_leaves_what_was_kept_before(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    for name in ("replace", "fsync"):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(f"posequery.jobs.files.os.{name}", killed)
            keep(kept, "new", [kept / "a-2"])
        assert restored(kept, told) == {"frame": 7, "of": ["a", "b"]}


def test_what_cannot_be_read_starts_over(kept: Path, capsys) -> None:
    def read(note: object) -> None:
        raise KeyError("no such thing")

    assert restored(kept, read) is None
    assert "damaged ('no such thing'); the job starts over" in capsys.readouterr().err
    assert [path.name for path in kept.iterdir()] == ["job"]
    assert work(kept) is None
    assert work(kept) == "3"


def test_no_damage_to_what_was_kept_is_believed(kept: Path, capsys, tried) -> None:
    """Every byte of the note lost, each of its bits flipped, and random damage to each file."""
    left = {path: path.read_bytes() for path in kept.iterdir() if path.name != "a-2"}
    note, random = kept / resume.KEPT, seeds.generator("damage")
    content, cases = left[note], []
    for at in range(len(content)):
        cases.append((note, content[:at] + content[at + 1 :]))
        flipped = bytearray(content)
        flipped[at] ^= 1 << int(random.integers(8))
        cases.append((note, bytes(flipped)))
    for path in (kept / "a-1", kept / "b"):
        cases += [(path, corrupted(left[path], random)) for _ in range(100)]
    outcomes = Counter()
    for path, damaged in cases:
        path.unlink() if damaged is None else path.write_bytes(damaged)
        found, said = restored(kept, told), capsys.readouterr().err
        # The newline at the note's end says nothing.
        same = path == note and damaged == content[:-1]
        assert (found is not None) == same and ("the job starts over" in said) != same
        outcomes["same result" if same else "starts over"] += 1
        for one, whole in left.items():
            one.write_bytes(whole)
    tried("5", "a damaged note or file of a killed job", outcomes)


SECOND = """
import sys, time
from pathlib import Path
from posequery.jobs.resume import job, keep, restored

folder, seen = Path(sys.argv[1]), Path(sys.argv[2])
with job(folder, {"epochs": 1}, {}) as state:
    at = restored(state, int) or 0
    with seen.open("a") as log:
        for number in range(at, 40):
            print(number, file=log, flush=True)
            (state / f"part-{number}").write_text("x")
            keep(state, number + 1, [state / f"part-{number}"])
            time.sleep(0.005)
        # Who was killed after a note, but before the older file went, leaves that to nobody.
        assert 1 <= len(list(state.glob("part-*"))) <= (2 if at else 1)
        print("done", file=log)
"""


def run_twice(folder: Path, seen: Path, kill: bool) -> list[str]:
    """Two processes of one job on one folder at once; the first is killed, or not."""
    command = [sys.executable, "-c", SECOND, folder, seen]
    environment = os.environ | {"PYTHONPATH": str(Path(resume.__file__).parents[2])}
    first = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    while not seen.exists() or seen.read_text().count("\n") < 5:
        time.sleep(0.01)
    other = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    if kill:
        time.sleep(0.05)
        first.kill()
    first.communicate()
    _, said = other.communicate(timeout=60)
    assert other.returncode == 0, said
    assert kill or (first.returncode == 0 and "waiting until it ends" in said)
    return seen.read_text().split()


@pytest.mark.parametrize("kill", [False, True])
def test_two_processes_of_one_job_take_turns(tmp_path: Path, kill: bool, tried) -> None:
    numbers = [str(number) for number in range(40)]
    folder = tmp_path / "state"
    seen = run_twice(folder, tmp_path / "seen", kill)
    if kill:
        # The second goes on where the first was killed, and repeats what was not kept at most.
        assert "done" in seen and sorted(set(seen) - {"done"}, key=int) == numbers
        assert len(seen) <= 42
    else:
        assert seen == [*numbers, "done"] * 2
    assert list(tmp_path.iterdir()) == [tmp_path / "seen"]
    what = "the first of two jobs on one state is killed" if kill else "two jobs on one state"
    tried("13", what, {"done right": 1})


def test_a_lock_that_was_deleted_while_it_was_waited_for_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever held it deletes it just before this process gets it."""
    path, held = tmp_path / "state.lock", []

    def flock(descriptor: int, how: int) -> None:
        held.append(os.fstat(descriptor).st_ino)
        if len(held) == 1:
            path.unlink()

    monkeypatch.setattr(resume.fcntl, "flock", flock)
    assert work(tmp_path / "state") is None
    assert len(held) == 2 and not path.exists()


def test_a_file_system_without_locks_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    def without(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(resume.fcntl, "flock", without)
    assert work(tmp_path / "state") is None
    assert "this file system has no locks" in capsys.readouterr().err
    assert work(tmp_path / "state") == "3"


@pytest.mark.parametrize("stray", ["stray/x", "job/x", "kept.json/x", ".", "link"])
def test_a_stray_in_a_jobs_folder_goes_with_it(stray: str, tmp_path: Path, tried) -> None:
    """Another folder, or a file where the folder should be."""
    folder, other = tmp_path / "state", tmp_path / "other"
    other.mkdir()
    (other / "kept").touch()
    if stray == ".":
        folder.touch()
    elif stray == "link":
        work(folder)
        (folder / stray).symlink_to(other)
    else:
        work(folder)
        (folder / "job").unlink(missing_ok=stray.startswith("job"))
        (folder / stray).parent.mkdir()
        (folder / stray).touch()
    with job(folder, TOLD, {}) as state:
        assert restored(state, lambda note: note) is None
        assert [path.name for path in state.iterdir()] == ["job"]
        keep(state, 1)
    assert not folder.exists() and (other / "kept").exists()
    tried("13", "a stray folder or file in a state", {"done right": 1})

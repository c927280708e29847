import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import h5py
import pytest

from posequery.jobs.files import (
    BadInput,
    read_summed,
    require_sums,
    sha256,
    summed_by,
    whole,
    whole_folder,
    write_summed,
    write_sums,
    write_text,
)

SRC = str(Path(__file__).parents[2] / "src")


def test_an_error_states_file_fault_and_fix():
    error = BadInput(Path("a b/c.mp4"), "is empty.", "Copy it again.")
    assert str(error) == "a b/c.mp4: is empty. Copy it again."
    assert (error.path, error.fault, error.fix) == ("a b/c.mp4", "is empty", "Copy it again")


def test_whole_appears_at_the_end_and_its_temporary_path_keeps_the_suffix(tmp_path):
    target = tmp_path / "new" / "Directions 1.54138969.h5"
    with whole(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.suffix == ".h5"
        temporary.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"
    assert list(target.parent.iterdir()) == [target]


def test_whole_leaves_the_older_file_when_it_fails(tmp_path):
    target = tmp_path / "a.csv"
    write_text(target, "older")

    def fail():
        with whole(target) as temporary:
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert target.read_text() == "older"
    assert list(tmp_path.iterdir()) == [target]


def test_whole_folder_replaces_all_or_nothing(tmp_path):
    target = tmp_path / "data"
    for name in ("first", "second"):
        with whole_folder(target) as temporary:
            (temporary / name).mkdir()
            (temporary / name / "file").write_text(name)
    assert [path.name for path in target.iterdir()] == ["second"]

    def fail():
        with whole_folder(target) as temporary:
            (temporary / "third").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in target.iterdir()] == ["second"]
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_cannot_take_its_place_leaves_the_older_one(tmp_path, monkeypatch):
    target, replace = tmp_path / "data", os.replace
    with whole_folder(target) as temporary:
        (temporary / "older").touch()

    def fail(source, place):
        if Path(place) == target and (Path(source) / "newer").exists():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(source, place)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="Input/output"), whole_folder(target) as temporary:
        (temporary / "newer").touch()
    assert [path.name for path in target.iterdir()] == ["older"]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("manager", [whole, whole_folder])
def test_any_failure_on_a_full_disk_is_reported_as_a_full_disk(tmp_path, manager, monkeypatch):
    """HDF5 and torch have their own words for a failed write: `unexpected pos 704 vs 598`."""
    target = tmp_path / "weights.pt"

    def fail(fault):
        with manager(target):
            raise fault

    with pytest.raises(RuntimeError, match="unexpected pos"):
        fail(RuntimeError("unexpected pos 704 vs 598"))

    def no_room(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", no_room)
    with pytest.raises(OSError, match="No space left") as caught:
        fail(RuntimeError("unexpected pos 704 vs 598"))
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(target))
    with pytest.raises(BadInput, match="not a JPEG"):
        fail(BadInput("a", "is not a JPEG", "Fix it"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("manager", [whole, whole_folder])
def test_what_a_kill_left_is_deleted_and_nothing_else(tmp_path, manager):
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = f"{ended.pid:08x}01234567"
    (tmp_path / f".a [1].{left}.h5").write_text("left by a kill")
    (tmp_path / ".a [1].7fffffff89abcdef.h5").mkdir()
    (tmp_path / ".a [1].7fffffff89abcdef.h5" / "part").write_text("left by a kill")
    (tmp_path / ".a [1].7ffffffe89abcdef.h5").symlink_to(tmp_path)
    others = {f"a [1].{left}.h5", f".a [1].{left[:-1]}x.h5", f".a 1.{left}.h5", f".a [1].{left}.pt"}
    for name in others:
        (tmp_path / name).write_text("another's")
    with manager(tmp_path / "a [1].h5") as temporary:
        if manager is whole:
            temporary.touch()
    assert {path.name for path in tmp_path.iterdir()} == others | {"a [1].h5"}


@contextmanager
def writing(target, manager, then):
    """Another process within `whole` or `whole_folder`, which has written 'first' and goes on with
    the statement `then`."""
    code = (
        f"import sys, time; from posequery.jobs.files import {manager}\n"
        f"with {manager}(sys.argv[1]) as temporary:\n"
        "    path = temporary / 'part' if temporary.is_dir() else temporary\n"
        f"    path.write_text('first'); print('written', flush=True); {then}\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, target],
        env={**os.environ, "PYTHONPATH": SRC},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"written\n"
        yield process


def test_a_live_process_keeps_its_temporary_file(tmp_path):
    """Another that writes the same file deleted it, and the first ended with a traceback."""
    target = tmp_path / "a.csv"
    with writing(target, "whole", "sys.stdin.read()") as process:
        write_text(target, "second")
        assert target.read_text() == "second"
        process.stdin.close()
        assert process.wait() == 0
    assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_in_the_place_of_a_file_is_refused_before_any_work(tmp_path):
    target = tmp_path / "a.csv"
    target.mkdir()

    def write():
        with whole(target):
            pytest.fail("the work began")

    with pytest.raises(IsADirectoryError) as caught:
        write()
    assert caught.value.filename == str(target)
    assert list(tmp_path.iterdir()) == [target]


def make_clip(path):
    h5py.File(path, "w").close()


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, make_clip])
@pytest.mark.parametrize("manager", [whole, whole_folder])
def test_an_error_names_the_target_and_not_its_temporary_file(tmp_path, manager, make):
    target = tmp_path / "out" / "a.h5"

    def write():
        with manager(target) as temporary:
            shutil.rmtree(target.parent)
            make(temporary)

    with pytest.raises(FileNotFoundError) as caught:
        write()
    assert caught.value.filename == str(target)


def test_a_folder_takes_the_place_of_a_link_that_leads_nowhere(tmp_path):
    target = tmp_path / "data"
    target.symlink_to("nowhere")
    with whole_folder(target) as temporary:
        (temporary / "file").touch()
    assert [path.name for path in target.iterdir()] == ["file"]
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("manager", ["whole", "whole_folder"])
def test_a_kill_leaves_no_file_of_that_name(tmp_path, manager):
    target = tmp_path / "result.h5"
    with writing(target, manager, "time.sleep(60)") as process:
        process.send_signal(signal.SIGKILL)
    assert not target.exists()
    with whole(target) as temporary:  # what is left does not block the next run
        temporary.write_text("whole")
    assert target.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [target]


def test_sha256_of_a_file(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_a_text_says_what_it_is_of(tmp_path, tried):
    """Two files of one name may change places together with their sums."""
    places = [tmp_path / name / "seed0.csv" for name in ("uniform", "random", "nobody")]
    for path, of in zip(places, ("uniform", "random", ""), strict=True):
        write_summed(path, "frame\n", of)
        assert read_summed(path, "Copy it again", of) == "frame\n"
        subprocess.run(
            ["sha256sum", "--check", "--strict", "seed0.csv.sha256"], cwd=path.parent, check=True
        )
    faults = {
        ("uniform", "random"): "is of uniform, not of random",
        ("random", "uniform"): "is of random, not of uniform",
        ("uniform", ""): r"is of uniform\.",
        ("", "uniform"): "is not as it was written",
    }
    for (there, of), fault in faults.items():
        with pytest.raises(BadInput, match=fault):
            read_summed(places[("uniform", "random", "").index(there)], "Copy it again", of)
    tried("5", "two files of one name exchanged with their sums", {"refused": len(faults)})


@pytest.mark.parametrize("manager", [whole, whole_folder])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("there", ["", "new"])
def test_no_room_for_a_folder_names_the_file(tmp_path, manager, number, there, monkeypatch, tried):
    target = tmp_path / there / "weights.pt"

    def no_room(path, *_, **__):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "mkdir", no_room)
    with pytest.raises(OSError, match=os.strerror(number)) as caught, manager(target):
        pass
    assert (caught.value.errno, caught.value.filename) == (number, str(target))
    tried("11", "no room on the disk, or in the quota, for a folder", {"refused": 1})
    assert list(tmp_path.iterdir()) == []


def test_a_quota_is_found_behind_an_error_that_does_not_name_it(tmp_path, monkeypatch, tried):
    def no_room(*_):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "posix_fallocate", no_room)
    target = tmp_path / "weights.pt"
    with pytest.raises(OSError, match="quota") as caught, whole(target):
        raise RuntimeError("unexpected pos 704 vs 598")
    assert (caught.value.errno, caught.value.filename) == (errno.EDQUOT, str(target))
    tried("11", "a quota that torch does not name", {"refused": 1})


def test_files_in_others_formats_have_their_sums_beside_them(tmp_path, tried):
    video, folder = tmp_path / "Walking 1.mp4", tmp_path / "train2017"
    video.write_bytes(b"video")
    folder.mkdir()
    for name in "ab":
        (folder / f"{name}.jpg").write_bytes(name.encode())
    for path in (video, folder):
        write_sums(path)
    (folder / ".snakemake_timestamp").touch()
    require_sums([video, folder])
    for path in (video, folder):
        command = ["sha256sum", "--check", "--strict", "--quiet", summed_by(path)]
        assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0

    def refused(fault):
        with pytest.raises(BadInput, match=fault):
            require_sums([video, folder])

    for path in (video, folder / "a.jpg"):
        content = path.read_bytes()
        for damaged in (b"", content + b"x", bytes([content[0] ^ 1]) + content[1:]):
            path.write_bytes(damaged)
            refused(f"{path.name}: is not as it was made")
        path.write_bytes(content)
    (folder / "a.jpg").unlink()
    refused("a.jpg: is not as it was made")
    (folder / "a.jpg").write_bytes(b"a")
    (folder / "c.jpg").write_bytes(b"c")
    refused("c.jpg: is not as it was made")
    (folder / "c.jpg").unlink()
    line = summed_by(video).read_bytes()
    for damaged in (b"", line[:-1], line * 2, b"\xff"):
        summed_by(video).write_bytes(damaged)
        refused("is not as it was made|is no list of sums")
    summed_by(video).unlink()
    refused("its sum is missing")
    tried("5", "a rendered or fetched file, or its sum, damaged or missing", {"refused": 13})


@pytest.mark.parametrize("number", [errno.EFBIG, errno.EROFS, errno.EIO])
def test_a_failed_write_names_the_file(tmp_path, number):
    def fail(*file):
        with whole(tmp_path / "a.pt"):
            raise OSError(number, os.strerror(number), *file)

    with pytest.raises(OSError, match=r"a\.pt") as caught:
        fail()
    assert (caught.value.errno, caught.value.filename) == (number, str(tmp_path / "a.pt"))
    if number != errno.EFBIG:  # which no reading ends with
        with pytest.raises(OSError, match=r"another\.mp4"):
            fail("another.mp4")


def test_a_limit_of_size_is_found_where_a_library_does_not_say_it(tmp_path):
    code = """
import resource, sys
from posequery.jobs.files import whole

resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    with whole(sys.argv[1]) as temporary:
        temporary.write_bytes(bytes(1 << 20))
        raise RuntimeError("unexpected pos 704 vs 598")
except OSError as error:
    print(error)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "a.pt")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"File too large: '{tmp_path / 'a.pt'}'" in done.stdout

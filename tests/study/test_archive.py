import gzip
import hashlib
import io
import subprocess
import tarfile
import time
import tracemalloc

import pytest

from posequery.jobs.files import BadInput
from posequery.study.archive import pack, verify


@pytest.fixture
def study(tmp_path):
    checkout = tmp_path / "checkout"
    results = checkout / "results" / "mini"
    for name, text in {
        "results/mini/cells.csv": "setting\n",
        "results/mini/cells/online/none/baseline/0pct/seed0/weights.pt": "weights",
        "results/mini/cells/online/none/baseline/0pct/seed0/.state/epoch1.pt": "unfinished",
        "results/mini/tables/table 1.md": "| a |\n",
        "results/mini/data/human36m/S1/Videos/Walking.mp4": "video",
        "results/mini/clips/walking.h5": "clip",
        "results/mini/clips/pool.json": "[]",
        "results/mini/logs/train.log": "log",
        "results/mini/pictures/overlay.mp4": "a person",
        "results/mini/mini.tar.gz": "an older archive",
        "results/mini/only/uniform/cells.csv": "setting\n",
        "results/mini/only/uniform/pictures/overlay.mp4": "a person",
        "results/mini/only/uniform/mini.tar.gz": "an older archive",
        "envs/workstation.txt": "numpy==2.4.6\n",
    }.items():
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return checkout, results


def packed(study, target):
    checkout, results = study
    pack(results, target, settings={"name": "mini", "seeds": [0]}, checkout=checkout)
    return target


def names(path):
    with tarfile.open(path) as tar:
        return [member.name for member in tar]


def test_what_is_packed_and_what_is_not(study, tmp_path):
    assert names(packed(study, tmp_path / "mini.tar.gz")) == [
        "mini/cells.csv",
        "mini/cells/online/none/baseline/0pct/seed0/weights.pt",
        "mini/clips/pool.json",
        "mini/environment/versions.txt",
        "mini/environment/workstation.txt",
        "mini/only/uniform/cells.csv",
        "mini/settings.json",
        "mini/tables/table 1.md",
        "mini/SHA256SUMS",
    ]
    assert verify(tmp_path / "mini.tar.gz") == 8


def test_the_same_study_gives_the_same_bytes(study, tmp_path):
    first = packed(study, tmp_path / "first.tar.gz").read_bytes()
    (study[1] / "cells.csv").touch()
    time.sleep(1.1)  # both formats count time in whole seconds
    assert packed(study, tmp_path / "second.tar.gz").read_bytes() == first


def test_sha256sum_reads_the_checksums(study, tmp_path):
    archive = packed(study, tmp_path / "mini.tar.gz")
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "out"], check=True)
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=tmp_path / "out" / "mini", check=False).returncode == 0


def test_the_commit_is_noted(study, tmp_path):
    git = ["git", "-C", str(study[0]), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "first"], check=True)
    with tarfile.open(packed(study, tmp_path / "mini.tar.gz")) as tar:
        noted = tar.extractfile("mini/environment/commit.txt").read().decode().strip()
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert noted == head.stdout.strip()


def test_an_unfinished_study_is_refused_and_nothing_is_left(study, tmp_path):
    (study[1] / "cells.csv").unlink()
    with pytest.raises(BadInput, match=r"mini: holds no cells\.csv"):
        packed(study, tmp_path / "out" / "mini.tar.gz")
    assert not (tmp_path / "out").exists()


def test_a_failure_half_way_leaves_nothing(study, tmp_path):
    (study[1] / "tables" / "a\nb").write_text("")
    with pytest.raises(BadInput, match="SHA256SUMS cannot hold"):
        packed(study, tmp_path / "out" / "mini.tar.gz")
    assert list((tmp_path / "out").iterdir()) == []


def test_memory_does_not_grow_with_the_files(study, tmp_path):
    with (study[1] / "cells" / "big.h5").open("wb") as file:
        file.truncate(100 << 20)
    tracemalloc.start()
    verify(packed(study, tmp_path / "mini.tar.gz"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50 << 20


def test_damage_is_found(study, tmp_path):
    path = packed(study, tmp_path / "mini.tar.gz")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput, match="damaged"):
        verify(path)
    path.write_bytes(b"no archive at all")
    with pytest.raises(BadInput, match="damaged"):
        verify(path)
    with pytest.raises(BadInput, match="cannot be read"):
        verify(tmp_path / "missing.tar.gz")


def member(name, content=b"a", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def sums(*names, content=b"a"):
    line = f"{hashlib.sha256(content).hexdigest()}  "
    return member("mini/SHA256SUMS", "".join(f"{line}{name}\n" for name in names).encode())


def archive(path, *members):
    with gzip.open(path, "wb") as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    return path


def test_a_second_top_folder_is_refused(tmp_path):
    hostile = member(".ssh/authorized_keys")
    listed = sums("a", "authorized_keys")
    for members in ([member("mini/a"), hostile, listed], [hostile, member("mini/a"), listed]):
        with pytest.raises(BadInput, match="outside its folder"):
            verify(archive(tmp_path / "a.tar.gz", *members))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_would_fill_the_memory_is_refused(kind, tmp_path):
    path = tmp_path / "a.tar.gz"
    header = member("mini/a", type=kind)[0]
    header.size = 500 << 20
    with gzip.open(path, "wb", 1) as stream:
        stream.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            stream.write(bytes(1 << 20))
    tracemalloc.start()
    with pytest.raises(BadInput, match="damaged or no archive"):
        verify(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 << 20


def test_headers_upon_headers_are_refused(tmp_path):
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", 1) as stream:
        for _ in range(5000):
            stream.write(member("mini/a", b"", type=tarfile.XHDTYPE)[0].tobuf())
    with pytest.raises(BadInput, match="damaged or no archive"):
        verify(path)


@pytest.mark.parametrize("name", ["mini/a\nerror: b", "mini/\x1b[2J", "mini/\udcff"])
def test_a_name_that_breaks_the_line_is_escaped(name, tmp_path):
    path = tmp_path / "a.tar.gz"
    with pytest.raises(BadInput, match="called") as caught:
        verify(archive(path, member(name), sums("a")))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["a\nerror: b", "\x1b[2J"])
def test_a_listing_that_breaks_the_line_is_escaped(name, tmp_path):
    listing = member("mini/SHA256SUMS", f"{'0' * 64}  {name}\n".encode())
    with pytest.raises(BadInput, match="no checksum") as caught:
        verify(archive(tmp_path / "a.tar.gz", listing))
    assert str(caught.value).isprintable()


def test_a_long_listing_is_read(tmp_path):
    numbers = [f"{number:05d}" for number in range(20000)]  # more than one block
    with pytest.raises(BadInput, match="00000 is listed and missing"):
        verify(archive(tmp_path / "a.tar.gz", sums(*numbers)))


HOSTILE = {
    "absolute": (member("/etc/passwd"), "outside its folder"),
    "parent": (member("mini/../../etc/passwd"), "outside its folder"),
    "the folder itself": (member("mini/./a"), "outside its folder"),
    "no folder": (member("passwd"), "outside its folder"),
    "symbolic link": (member("mini/a", b"", type=tarfile.SYMTYPE, linkname="/etc"), "plain file"),
    "hard link": (member("mini/a", b"", type=tarfile.LNKTYPE, linkname="mini/b"), "plain file"),
    "device": (member("mini/a", b"", type=tarfile.CHRTYPE), "plain file"),
    "pipe": (member("mini/a", b"", type=tarfile.FIFOTYPE), "plain file"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_members_are_refused(kind, tmp_path):
    hostile, fault = HOSTILE[kind]
    with pytest.raises(BadInput, match=fault):
        verify(archive(tmp_path / "a.tar.gz", hostile, sums("a")))


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ([member("mini/a", b"b"), sums("a")], "a differs from its checksum"),
        ([member("mini/a"), member("mini/b"), sums("a")], "b is not listed"),
        ([member("mini/a"), sums("a", "b")], "b is listed and missing"),
        ([member("mini/a"), member("mini/a"), sums("a")], "holds a twice"),
        ([member("mini/a"), sums("a"), sums("a")], "holds SHA256SUMS twice"),
        ([member("mini/a")], "holds no SHA256SUMS"),
        ([member("mini/a"), member("mini/SHA256SUMS", b"junk\n")], "no checksum"),
    ],
)
def test_files_and_checksums_must_agree(members, fault, tmp_path):
    with pytest.raises(BadInput, match=fault):
        verify(archive(tmp_path / "a.tar.gz", *members))

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
import time
import tracemalloc
from collections import Counter

import numpy as np
import pytest

from posequery.jobs import bounds
from posequery.jobs.files import BadInput, write_summed
from posequery.study import changes
from posequery.study.archive import pack, verify
from posequery.study.sums import as_text


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
        "results/mini/clips/S1_54138969.json": "[]",
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
    changes.note(study[1])
    return packed_as_listed(study, target)


def packed_as_listed(study, target):
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
        "mini/clips/S1_54138969.json",
        "mini/clips/pool.json",
        "mini/environment/versions.txt",
        "mini/environment/workstation.txt",
        "mini/only/uniform/cells.csv",
        "mini/settings.json",
        "mini/tables/table 1.md",
        "mini/SHA256SUMS",
    ]
    assert verify(tmp_path / "mini.tar.gz") == 9


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
    changes.note(study[1])
    (study[1] / "tables/table 1.md").write_text("damaged")
    with pytest.raises(BadInput, match=r"table 1\.md: is not as it was made"):
        packed_as_listed(study, tmp_path / "out" / "mini.tar.gz")
    assert list((tmp_path / "out").iterdir()) == []


def test_damaged_missing_and_strange_files_are_not_packed(study, tmp_path, tried):
    results = study[1]
    changes.note(results)
    good = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}

    def refused(fault):
        with pytest.raises(BadInput, match=fault):
            packed_as_listed(study, tmp_path / "a.tar.gz")
        assert not (tmp_path / "a.tar.gz").exists()
        for path, content in good.items():
            path.write_bytes(content)

    for name in ("cells.csv", "tables/table 1.md", "only/uniform/cells.csv", "clips/pool.json"):
        (results / name).write_text("damaged")
        refused("SHA256SUMS has another sum of it")
        if name != "cells.csv":
            (results / name).unlink()
            refused(f"lacks {name}, which SHA256SUMS lists")
    for name in ("tables/frame.png", "study.yaml", "cells/x.sha256"):
        (results / name).write_text("nobody knows")
        refused(f"{name}: SHA256SUMS does not list it")
        (results / name).unlink()
    # What is left out of the archive may be gone: frames, or pictures of people.
    (results / "clips/walking.h5").unlink()
    (results / "data/more.jpg").write_text("a frame")
    packed_as_listed(study, tmp_path / "a.tar.gz")
    (tmp_path / "a.tar.gz").unlink()
    (results / "tables/a\nb").write_text("")
    refused("not every system can hold")
    (results / "SHA256SUMS").unlink()
    with pytest.raises(BadInput, match="there is no such list"):
        packed_as_listed(study, tmp_path / "a.tar.gz")
    tried("6", "a study damaged, cut or added to before it is packed", {"refused": 12})


def test_a_pipe_is_no_archive(tmp_path):
    os.mkfifo(tmp_path / "a.tar.gz")
    with pytest.raises(BadInput, match="is no file"):
        verify(tmp_path / "a.tar.gz")


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
    digest = hashlib.sha256(content).hexdigest()
    return member("mini/SHA256SUMS", as_text(dict.fromkeys(names, digest)).encode())


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
    listing = member("mini/SHA256SUMS", as_text({name: "0" * 64}).encode())
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
    "contiguous": (member("mini/a", type=tarfile.CONTTYPE), "plain file"),
    "folder": (member("mini/a", b"", type=tarfile.DIRTYPE), "plain file"),
    "backslash": (member("mini/..\\..\\a"), "outside its folder"),
    "drive": (member("mini/C:/a"), "outside its folder"),
    "drive first": (member("C:/a"), "outside its folder"),
    "pipe": (member("mini/a", b"", type=tarfile.FIFOTYPE), "plain file"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_members_are_refused(kind, tmp_path, tried):
    hostile, fault = HOSTILE[kind]
    with pytest.raises(BadInput, match=fault):
        verify(archive(tmp_path / "a.tar.gz", hostile, sums("a")))
    tried("6", "a hostile member of an archive", {"refused": 1})


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ([member("mini/a", b"b"), sums("a")], "a differs from its checksum"),
        ([member("mini/a"), member("mini/b"), sums("a")], "b is not listed"),
        ([member("mini/a"), sums("a", "b")], "b is listed and missing"),
        ([member("mini/a"), member("mini/a"), sums("a")], "holds a twice"),
        ([member("mini/a"), sums("a"), sums("a")], "holds SHA256SUMS twice"),
        ([member("mini/a")], "holds no SHA256SUMS"),
        ([member("mini/a"), member("mini/SHA256SUMS", b"junk\n")], "is not whole"),
    ],
)
def test_files_and_checksums_must_agree(members, fault, tmp_path):
    with pytest.raises(BadInput, match=fault):
        verify(archive(tmp_path / "a.tar.gz", *members))


def _flipped(data, place, bit=6):
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def test_an_archive_ends_where_it_ends(study, tmp_path, tried):
    data = packed(study, tmp_path / "a.tar.gz").read_bytes()
    raw = gzip.decompress(data)
    outcomes = {"refused": 0}
    for content in (
        *(data[:-cut] for cut in range(1, 40)),
        *(_flipped(data, len(data) - back) for back in range(1, 9)),  # its CRC and its size
        data + b"\0",
        data + b"junk",
        data + data,
        data + gzip.compress(b""),
        data + gzip.compress(bytes(512)),
        gzip.compress(raw + raw),
        gzip.compress(raw + b"junk"),
        gzip.compress(raw + bytes(20480)),
        gzip.compress(raw.rstrip(b"\0")),
        gzip.compress(raw.rstrip(b"\0").ljust(-(-len(raw.rstrip(b"\0")) // 512) * 512, b"\0")),
    ):
        (tmp_path / "b.tar.gz").write_bytes(content)
        with pytest.raises(BadInput, match="damaged or no archive"):
            verify(tmp_path / "b.tar.gz")
        outcomes["refused"] += 1
    tried("6", "an archive cut, followed by something, or with a wrong CRC", outcomes)


def test_a_flipped_bit_is_refused_or_changes_nothing(study, tmp_path, tried):
    """The header's date, flags of compression and system are nobody's content.

    Nor is what says how the content is compressed, which may say the same in two ways.
    """
    data = packed(study, tmp_path / "a.tar.gz").read_bytes()
    random, outcomes = np.random.default_rng(6), Counter()
    for _ in range(200):
        place = int(random.integers(len(data)))
        flipped = _flipped(data, place, int(random.integers(8)))
        (tmp_path / "b.tar.gz").write_bytes(flipped)
        try:
            verify(tmp_path / "b.tar.gz")
        except BadInput:
            outcomes["refused"] += 1
        else:
            assert gzip.decompress(flipped) == gzip.decompress(data), place
            outcomes["same result"] += 1
    assert outcomes["refused"] > 190
    tried("6", "a flipped bit in an archive", outcomes)


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (("a", "A"), "holds a and A, one file on some systems"),
        (("\u00e9", "e\u0301"), "one file on some systems"),
        (("straße", "STRASSE"), "one file on some systems"),
        (("sha256sums",), "holds sha256sums and SHA256SUMS, one file"),
        (("a", "a/b"), "holds a both as file and as folder"),
        (("A", "a/b"), "holds a both as file and as folder"),
    ],
)
def test_files_that_would_be_written_over_each_other(names, fault, tmp_path, tried):
    members = [member(f"mini/{name}") for name in names]
    with pytest.raises(BadInput, match=fault):
        verify(archive(tmp_path / "a.tar.gz", *members, sums(*names)))
    tried("6", "names in an archive that are one file elsewhere", {"refused": 1})


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch, tried):
    monkeypatch.setattr(bounds, "ARCHIVE_BYTES", 16 << 20)
    with gzip.open(tmp_path / "a.tar.gz", "wb", 9) as stream:
        header = member("mini/a")[0]
        header.size = 2 << 30
        stream.write(header.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            stream.write(bytes(1 << 20))
    with pytest.raises(BadInput, match="unpacks to more than"):
        verify(tmp_path / "a.tar.gz")
    tried("6", "an archive that unpacks to a bomb", {"refused": 1})


def test_a_sparse_member_is_refused(tmp_path):
    """It would read as any number of zeros that stand nowhere."""
    holes = {"GNU.sparse.size": str(1 << 40), "GNU.sparse.map": "0,0"}
    sparse = member("mini/a", b"", pax_headers=holes)
    with pytest.raises(BadInput, match="plain file"):
        verify(archive(tmp_path / "a.tar.gz", sparse, sums("a")))


def test_the_verdicts_travel_with_what_they_judge(study, tmp_path):
    (study[1] / "evidence").mkdir()
    (study[1] / "evidence/verdicts.csv").write_text("claim\n")
    assert "mini/evidence/verdicts.csv" in names(packed(study, tmp_path / "a.tar.gz"))


def test_a_sum_travels_with_its_file(study, tmp_path):
    write_summed(study[1] / "cells.csv", "setting\n")
    write_summed(study[1] / "clips/pool.json", "{}")
    there = names(packed(study, tmp_path / "a.tar.gz"))
    assert {"mini/cells.csv.sha256", "mini/clips/pool.json.sha256"} < {*there}

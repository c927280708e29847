"""An archive from elsewhere: nothing wrong in it passes, and a whole one is restored."""

import gzip
import os
import subprocess
import sys
import tarfile
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from archives import a_study, archive, member, packed, sums

from posequery.commands import console
from posequery.jobs import bounds
from posequery.jobs.files import BadInput
from posequery.study import copies, unpacking
from posequery.study.sums import as_text
from posequery.study.unpacking import restore, verify

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def study(tmp_path):
    return a_study(tmp_path / "checkout")


def test_a_pipe_is_no_archive(tmp_path):
    os.mkfifo(tmp_path / "a.tar.gz")
    with pytest.raises(BadInput, match="is no file"):
        verify(tmp_path / "a.tar.gz")


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


def test_a_second_top_folder_is_refused(tmp_path):
    hostile = member(".ssh/authorized_keys")
    listed = sums("a", "authorized_keys")
    for members in ([member("mini/a"), hostile, listed], [hostile, member("mini/a"), listed]):
        with pytest.raises(BadInput, match="outside its folder"):
            verify(archive(tmp_path / "a.tar.gz", *members))


def test_a_folder_that_is_no_study_is_refused_unpacked_or_not(tmp_path):
    for folder in ("-rf", "a b", ".ssh"):
        path = archive(tmp_path / "a.tar.gz", member(f"{folder}/a"), sums("a", folder=folder))
        for checked in (verify, lambda path: restore(path, tmp_path)):
            with pytest.raises(BadInput, match="no study's"):
                checked(path)


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


def test_a_study_is_restored_whole_and_current(study, tmp_path):
    path = packed(study, tmp_path / "a.tar.gz")
    folder = restore(path, tmp_path / "results")
    assert folder == tmp_path / "results/mini"
    assert (folder / "cells.csv").read_bytes() == (study[1] / "cells.csv").read_bytes()
    files = [file for file in folder.rglob("*") if file.is_file() and "state" not in file.parts]
    assert len({file.stat().st_mtime_ns for file in files}) == 1
    assert not copies.looks_copied(folder)
    assert copies.restore(folder) == verify(path)


@pytest.mark.parametrize("damaged", ["cut", "flipped", "hostile", "named"])
def test_a_bad_archive_restores_nothing(study, tmp_path, damaged, tried):
    path = packed(study, tmp_path / "a.tar.gz")
    data = path.read_bytes()
    if damaged == "cut":
        path.write_bytes(data[:-20])
    elif damaged == "flipped":
        path.write_bytes(_flipped(data, len(data) // 2))
    elif damaged == "hostile":
        archive(path, member("mini/../../a"), sums("a"))
    else:
        listing = member("..mini/SHA256SUMS", sums("a")[1])
        archive(path, member("..mini/a"), listing)
    with pytest.raises(BadInput):
        restore(path, tmp_path / "results")
    assert not (tmp_path / "results").exists()
    tried("6", "a bad archive that is restored", {"refused": 1})


def test_a_folder_that_is_there_is_not_replaced(study, tmp_path, tried):
    path = packed(study, tmp_path / "a.tar.gz")
    (tmp_path / "results/mini").mkdir(parents=True)
    (tmp_path / "results/mini/mine.csv").write_text("mine")
    with pytest.raises(BadInput, match="is there already"):
        restore(path, tmp_path / "results")
    assert (tmp_path / "results/mini/mine.csv").read_text() == "mine"
    tried("6", "an archive restored over results", {"refused": 1})


def test_a_link_that_leads_nowhere_is_not_replaced(study, tmp_path):
    path = packed(study, tmp_path / "a.tar.gz")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/mini").symlink_to("nowhere")
    with pytest.raises(BadInput, match="is there already"):
        restore(path, tmp_path / "results")
    assert (tmp_path / "results/mini").is_symlink()


def test_an_archive_that_changes_while_it_is_unpacked_is_refused(study, tmp_path, monkeypatch):
    path = packed(study, tmp_path / "a.tar.gz")
    verified = unpacking._verified

    def then_replaced(archive_path):
        found = verified(archive_path)
        archive(path, member("mini/a"), sums("a"))
        return found

    monkeypatch.setattr(unpacking, "_verified", then_replaced)
    with pytest.raises(BadInput, match="changed while it was unpacked"):
        restore(path, tmp_path / "results")
    assert not (tmp_path / "results/mini").exists()


def test_what_a_system_hides_in_a_checkout_is_not_packed(study, tmp_path):
    checkout, _ = study
    for name in ("workflow/.DS_Store", "workflow/rules/.archive.smk.swp", "envs/.hidden"):
        (checkout / name).write_text("hidden")
    path = packed(study, tmp_path / "mini.tar.gz")
    with tarfile.open(path) as tar:
        assert not [one for one in tar.getnames() if "/." in one]
    restore(path, tmp_path / "results")


@pytest.mark.parametrize("name", [".hidden", "state/a", "logs/a", "old.tar.gz"])
def test_what_no_list_of_a_study_holds_is_refused(name, tmp_path):
    path = archive(tmp_path / "a.tar.gz", member(f"mini/{name}"), sums(name))
    for use in (verify, lambda path: restore(path, tmp_path / "results")):
        with pytest.raises(BadInput, match=f"holds {name}, which is no result of a study"):
            use(path)


@pytest.mark.parametrize(
    "name",
    ["a" * 300, "/".join(["b" * 200] * 40), "a/" * 400_000 + "a"],
    ids=["a part", "the whole", "depth"],
)
def test_a_name_too_long_for_a_file_system_is_refused(name, tmp_path):
    path = archive(tmp_path / "a.tar.gz", member(f"mini/{name}"), sums(name))
    with pytest.raises(BadInput, match="whose name is too long"):
        verify(path)


def test_an_archive_of_nothing_is_refused(tmp_path):
    with pytest.raises(BadInput, match="holds nothing beside its list"):
        verify(archive(tmp_path / "a.tar.gz", sums()))


def test_an_archive_that_does_not_say_what_it_leaves_out_is_restored(tmp_path):
    path = archive(tmp_path / "a.tar.gz", member("mini/cells.csv"), sums("cells.csv"))
    done = subprocess.run(
        [sys.executable, "-m", "posequery", "archive", "--restore", str(path)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("results/mini: restored from") and not done.stderr
    assert "Not in it" not in done.stdout and (tmp_path / "results/mini/cells.csv").is_file()


def test_what_an_archive_says_of_itself_is_no_word_to_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    said = b"# frames of people\n# \x1b[2J\n# \xff\n"
    name = "environment/left_out.sha256"
    names = ("cells.csv", name)
    members = [member(f"mini/{file}", said) for file in names]
    path = archive(tmp_path / "a.tar.gz", *members, sums(*names, content=said))
    console.called(["archive", "--restore", str(path)])
    told = capsys.readouterr().out
    assert "frames of people; \ufffd." in told and "\x1b" not in told

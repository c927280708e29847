"""The list of a study's sums, and what is found in a study's folder."""

import contextlib
import os
import socket
import subprocess
from pathlib import Path

import pytest
from result_files import FILES, write

from posequery.jobs.files import BadInput
from posequery.study import sums


def test_all_that_a_copy_needs_is_listed(results: Path) -> None:
    assert sums.read(results / "SHA256SUMS").keys() == FILES.keys()
    command = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(command, cwd=results, check=False).returncode == 0


def test_a_list_states_its_count_and_its_own_sum(results: Path, tried) -> None:
    path = results / "SHA256SUMS"
    text = path.read_text()
    assert text.startswith(f"# posequery sums of {len(FILES)} files, sha256 of the list ")
    head, *lines = text.splitlines(keepends=True)
    broken = [
        *(text[:cut] for cut in range(len(text))),
        "".join(lines),
        head + "".join(lines[::-1]),
        head.replace(f" {len(FILES)} ", " 4 ") + "".join(lines),
        text + lines[0],
        text.replace("cells.csv", "cells.cvs"),
    ]
    for content in broken:
        path.write_text(content)
        with pytest.raises(BadInput, match=r"is not whole.*Delete it"):
            sums.compare(results)
    tried("14", "a list of sums cut short or edited", {"refused": len(broken)})


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a\\b", "a ", " a", "a.", "a:b", "a//b", "a\u2028b"]
)
def test_a_list_of_names_that_lead_elsewhere_is_refused(results: Path, name: str) -> None:
    (results / "SHA256SUMS").write_text(sums.as_text({name: "0" * 64}))
    with pytest.raises(BadInput, match="which is no checksum"):
        sums.compare(results)


def test_a_list_that_is_none_is_refused(results: Path) -> None:
    path = results / "SHA256SUMS"
    for content, fault in ((b"junk\n", "is not whole"), (b"\xff\n", "is no list of sums")):
        path.write_bytes(content)
        with pytest.raises(BadInput, match=fault):
            sums.compare(results)
    path.unlink()
    with pytest.raises(BadInput, match="there is no such list"):
        sums.compare(results)
    os.mkfifo(path)
    with pytest.raises(BadInput, match="is no file"):
        sums.compare(results)


def odd(results: Path, name: str, kind: str) -> None:
    path = results / "tables" / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one, contextlib.chdir(path.parent):
            one.bind(name)  # its path may not be long
    elif kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.touch()
    else:
        path.symlink_to(kind)


ODD = [
    ("p", "pipe", "is a named pipe"),
    ("s", "socket", "is a socket"),
    ("d", "/dev/null", "is a device"),
    ("n", "nothing", "is a link that leads nowhere"),
    ("l", "l", "is a link that leads nowhere"),
    ("up", "..", "is a link to a folder that it lies in"),
    ("a\nb", "file", "has a name that not every system can hold"),
    ("\udcff", "file", "has a name that not every system can hold"),
    ("a ", "file", "has a name that not every system can hold"),
    ("a:b", "folder", "has a name that not every system can hold"),
]


@pytest.mark.parametrize(("name", "kind", "fault"), ODD)
def test_what_is_no_file_of_a_study_is_named_and_refused(
    results: Path, name: str, kind: str, fault: str, tried
) -> None:
    odd(results, name, kind)
    with pytest.raises(BadInput, match=fault) as caught:
        sums.compare(results)
    assert str(caught.value).isprintable() and "out of the study's folder" in str(caught.value)
    tried("14", "a pipe, device, socket, link or odd name in a study", {"refused": 1})


def test_a_folder_elsewhere_is_a_part_of_the_study(results: Path, tmp_path: Path) -> None:
    """As where clips lie on another disk."""
    write(tmp_path / "disk", {"a.h5": "clip"})
    (results / "clips").symlink_to(tmp_path / "disk")
    assert sums.compare(results).unlisted == ["clips/a.h5"]


def test_an_archive_is_no_result_and_another_packed_file_is_one(results: Path) -> None:
    write(results, {"tables/a.tar.gz": "no archive of a study", "only/a/mini.tar.gz": "one"})
    assert sums.compare(results).unlisted == ["tables/a.tar.gz"]

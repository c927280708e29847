"""Sealed files: what is packed comes back, from any process, and memory does not grow."""

import os
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest

from posequery.jobs import sealed
from posequery.jobs.files import BadInput, sha256


def packed(path: Path, *parts: bytes) -> Path:
    with sealed.created(path) as file, closing(sealed.Packing(path.parent)) as packing:
        for part in parts:
            packing.append(np.frombuffer(part, np.uint8))
        packing.store(file)
        file["other"] = np.arange(5)
    return path


def opened(path: Path) -> sealed.Packed:
    with sealed.opened(path, "thing", "Make it again") as file:
        return sealed.Packed(file, "part", "Make it again")


@pytest.mark.parametrize("parts", [[], [b""], [b"a", b"", bytes(3 << 20), b"bc"]])
def test_parts_come_back(parts: list[bytes], tmp_path: Path) -> None:
    found = opened(packed(tmp_path / "a.h5", *parts))
    assert [bytes(found[number]) for number in range(len(found))] == parts
    found.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_a_sealed_file_is_an_hdf5_file(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.h5", b"abc", b"de")
    with h5py.File(path) as file:
        assert bytes(file["packed"][:]) == b"abcde" and file["other"][:].tolist() == [*range(5)]
        assert file["packed_start"][:].tolist() == [0, 3, 5]


def test_the_seal_sets_a_content_apart(tmp_path: Path) -> None:
    one, same, other = (
        packed(tmp_path / f"{number}.h5", b"abc", last)
        for number, last in enumerate((b"de", b"de", b"df"))
    )
    assert sealed.digest(one) == sealed.digest(same) != sealed.digest(other)
    assert sha256(one) == sha256(same)


def test_parts_are_read_in_a_forked_process(tmp_path: Path) -> None:
    found = opened(packed(tmp_path / "a.h5", b"abc", b"de"))
    if (child := os.fork()) == 0:
        os._exit(bytes(found[1]) != b"de")
    assert os.waitpid(child, 0)[1] == 0
    assert bytes(found[0]) == b"abc"


def test_damage_to_one_part_spares_the_others(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.h5", b"abc", b"defg", b"hi")
    path.write_bytes(path.read_bytes().replace(b"abcdefghi", b"abcdeXghi"))
    found = opened(path)
    assert (bytes(found[0]), bytes(found[2])) == (b"abc", b"hi")
    with pytest.raises(BadInput, match=r"a\.h5: part 1 is broken.* Make it again"):
        _ = found[1]


def test_a_file_of_another_program_or_version_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["other"] = np.arange(5)
    with h5py.File(tmp_path / "b.h5", "w", userblock_size=sealed.USER_BLOCK) as file:
        file["other"] = np.arange(5)
    (tmp_path / "c.h5").write_bytes(b"")
    for name in "abc":
        with pytest.raises(BadInput, match="does not begin with its sum .damaged, or older"):
            opened(tmp_path / f"{name}.h5")
    with pytest.raises(BadInput, match="there is no such thing"):
        opened(tmp_path)


def test_what_fails_in_the_block_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), sealed.created(tmp_path / "a.h5"):
        _ = 1 / 0
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_what_is_packed(tmp_path: Path) -> None:
    part = np.zeros(1 << 20, np.uint8)
    tracemalloc.start()
    with sealed.created(tmp_path / "a.h5") as file, closing(sealed.Packing(tmp_path)) as packing:
        for _ in range(64):
            packing.append(part)
        packing.store(file)
    opened(tmp_path / "a.h5").close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_packed_string_takes_twelve_bytes_of_memory(tmp_path: Path) -> None:
    part, count = np.zeros(1, np.uint8), 50_000
    with closing(sealed.Packing(tmp_path)) as packing:
        tracemalloc.start()
        for _ in range(count):
            packing.append(part)
        taken = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert len(packing) == count and taken < 14 * count  # an array grows by a sixteenth at once


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever HDF5 is told by the environment, no lock is asked for."""
    asked = []
    real = h5py.File

    def noted(*arguments: object, **options: object) -> h5py.File:
        asked.append(options.get("locking"))
        return real(*arguments, **options)

    monkeypatch.setattr(sealed.h5py, "File", noted)
    opened(packed(tmp_path / "a.h5", b"abc")).close()
    assert asked and not any(asked)
    assert None not in asked


def _hard_loop(file: h5py.File, _: Path) -> None:
    group = file.create_group("group")
    group["again"] = file["/"]


def _twice(file: h5py.File, _: Path) -> None:
    file["another"] = file["other"]


def _soft(file: h5py.File, _: Path) -> None:
    file["soft"] = h5py.SoftLink("/soft")


def _external_link(file: h5py.File, folder: Path) -> None:
    file["away"] = h5py.ExternalLink(str(folder / "b.h5"), "/other")


def _external_storage(file: h5py.File, folder: Path) -> None:
    (folder / "secret").write_bytes(bytes(80))
    file.create_dataset("away", (10,), "f8", external=[(str(folder / "secret"), 0, 80)])


def _virtual(file: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((5,), "i8")
    layout[:] = h5py.VirtualSource(str(folder / "b.h5"), "other", (5,))
    file.create_virtual_dataset("virtual", layout)


def _reference(file: h5py.File, _: Path) -> None:
    file.attrs["reference"] = file["other"].ref


def _references(file: h5py.File, _: Path) -> None:
    file.create_dataset("references", data=[file["other"].ref], dtype=h5py.ref_dtype)


def _huge(file: h5py.File, _: Path) -> None:
    file.create_dataset("huge", (1 << 40,), "f8", chunks=(1024,))


def _bomb(file: h5py.File, _: Path) -> None:
    file.create_dataset("bomb", data=np.zeros(1 << 20), compression="gzip")


def _type(file: h5py.File, _: Path) -> None:
    file["type"] = np.dtype("f8")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_hard_loop, "linked twice"),
        (_twice, "linked twice"),
        (_soft, "soft is a link"),
        (_external_link, "away is a link"),
        (_external_storage, "/away is not the content of this file"),
        (_virtual, "/virtual is not the content"),
        (_reference, "an attribute of / is a reference"),
        (_references, "/references is not the content"),
        (_huge, "/huge is not the content"),
        (_bomb, "/bomb is not the content"),
        (_type, "/type is a type"),
    ],
)
def test_what_posequery_never_writes_is_refused_although_the_sum_is_right(
    change: Callable[[h5py.File, Path], None], fault: str, tmp_path: Path
) -> None:
    packed(tmp_path / "b.h5")
    with sealed.created(tmp_path / "a.h5") as file:
        file["other"] = np.arange(5)
        change(file, tmp_path)
    with (
        pytest.raises(BadInput, match=rf"a\.h5: not a valid thing \(.*{fault}"),
        sealed.opened(tmp_path / "a.h5", "thing", "Make it again"),
    ):
        pass

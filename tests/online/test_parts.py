"""Parts of a record, joined in their order."""

from pathlib import Path

import h5py
import numpy as np

from posequery import record
from posequery.online.parts import Update, join, write_missed, write_part


def test_parts_become_one_record(tmp_path: Path) -> None:
    joints = np.arange(3 * 36, dtype=np.float32).reshape(3, 18, 2)
    update = Update(5, np.array([1, 3]), np.array([0.5, 0.25]), np.array([7, -1]))
    said = (joints, joints[..., 0], joints + 1)
    write_part(tmp_path / "a.npz", *said, 0, None)
    write_missed(tmp_path / "b.npz", 2)
    write_part(tmp_path / "c.npz", *said, 1, update)
    write_part(tmp_path / "d.npz", *said, 2, update)
    join([tmp_path / f"{name}.npz" for name in "abcd"], tmp_path / "record.h5", 50.0)
    found = record.read(tmp_path / "record.h5")
    assert found.version.tolist() == [0] * 3 + [-1] * 2 + [1] * 3 + [2] * 3
    seen = found.version >= 0
    for values, part in zip((found.joints, found.peaks, found.parsed), said, strict=True):
        assert np.array_equal(values[seen], np.concatenate([part] * 3))
        assert np.isnan(values[~seen]).all()
    assert found.update_frames.tolist() == [5, 5]
    assert [picked.tolist() for picked in found.picked] == [[1, 3], [1, 3]]
    with h5py.File(tmp_path / "record.h5") as file:
        assert file["updates/score"][:].tolist() == [0.5, 0.25] * 2
        assert file["updates/decided_by"][:].tolist() == [7, -1] * 2
        assert file.attrs["fps"] == 50

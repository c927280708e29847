"""A record is read back as it was written, and a broken one is named."""

from pathlib import Path

import numpy as np
import pytest

from posequery import record
from posequery.jobs import sealed
from posequery.jobs.files import BadInput


def test_frames_that_are_no_stream(tmp_path: Path) -> None:
    joints = np.arange(3 * 36, dtype=np.float32).reshape(3, 18, 2)
    record.write(tmp_path / "record.h5", joints, joints[..., 0], joints + 1)
    found = record.read(tmp_path / "record.h5")
    assert np.array_equal(found.joints, joints) and np.array_equal(found.peaks, joints[..., 0])
    assert np.array_equal(found.parsed, joints + 1)
    assert found.version.tolist() == [0, 0, 0]
    assert len(found.update_frames) == len(found.picked) == 0


def test_a_missing_and_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "record.h5"
    with pytest.raises(BadInput, match=r"record\.h5: there is no such record"):
        record.read(path)
    path.write_bytes(b"torn")
    with pytest.raises(BadInput, match=r"record\.h5: not a valid record"):
        record.read(path)
    with sealed.created(path) as file:
        file["joints"] = np.zeros((3, 18, 2))
    with pytest.raises(BadInput, match=r"peaks"):
        record.read(path)

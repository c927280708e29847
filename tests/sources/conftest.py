"""Numbered frames, and real CDF files, written in passing."""

import cdflib
import numpy as np
import pytest

BITS = 8


def _numbered(number, width=64, height=48):
    """A grey frame whose eight vertical stripes, white or black, spell `number`."""
    columns = np.arange(width) * BITS // width
    row = np.where(number >> columns & 1, 235, 20).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (height, width, 3)).copy()


def _number(frame):
    """The number that `_numbered` painted, read from a frame of any size."""
    stripes = np.array_split(frame[:, :, 1].mean(axis=0), BITS)
    return sum(int(np.median(stripe) > 128) << bit for bit, stripe in enumerate(stripes))


def _write_cdf(path, pose, name="Pose", compression=6):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cdflib.cdfwrite.CDF(path, delete=True)
    writer.write_var(
        {
            "Variable": name,
            "Data_Type": 45,  # CDF_DOUBLE
            "Num_Elements": 1,
            "Rec_Vary": True,
            "Dim_Sizes": list(pose.shape[1:]),
            "Compress": compression,
        },
        var_data=pose.astype(np.float64),
    )
    writer.close()
    return path


@pytest.fixture(scope="session")
def numbered():
    return _numbered


@pytest.fixture(scope="session")
def number():
    return _number


@pytest.fixture(scope="session")
def write_cdf():
    return _write_cdf


@pytest.fixture
def pose():
    """Distinct 2-D positions of 7 frames, as a D2_Positions file has them: (1, 7, 64)."""
    return np.arange(7 * 64, dtype=np.float64).reshape(1, 7, 64) + 0.25

"""Numbered frames and real CDF files, written on the fly."""

import media
import numpy as np
import pytest


@pytest.fixture(scope="session")
def numbered():
    return media.numbered


@pytest.fixture(scope="session")
def number():
    return media.number


@pytest.fixture(scope="session")
def write_cdf():
    return media.write_cdf


@pytest.fixture
def pose():
    """Distinct 2-D positions of 7 frames, as a D2_Positions file has them: (1, 7, 64)."""
    return np.arange(7 * 64, dtype=np.float64).reshape(1, 7, 64) + 0.25

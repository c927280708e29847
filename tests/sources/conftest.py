"""Numbered frames and real CDF files, written on the fly."""

import builtins
import errno
import io
import os
from contextlib import contextmanager
from pathlib import Path

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


@pytest.fixture
def no_permission(monkeypatch):
    """A context in which a file may not be opened, whoever runs the tests (root may read all)."""

    @contextmanager
    def denied(path):
        def opened(file, *arguments, **keys):
            if isinstance(file, str | os.PathLike) and Path(file) == Path(path):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
            return real(file, *arguments, **keys)

        with monkeypatch.context() as patch:
            real = open
            patch.setattr(builtins, "open", opened)
            patch.setattr(io, "open", opened)
            yield

    return denied

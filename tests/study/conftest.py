from pathlib import Path

import pytest
from result_files import FILES, LEFT_OUT, write

from posequery.study import changes


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A study's folder whose sums are listed."""
    folder = tmp_path / "results" / "mini"
    write(folder, FILES | LEFT_OUT)
    changes.note(folder)
    return folder

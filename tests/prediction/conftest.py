"""A student to predict with."""

import pytest

from posequery.student import checkpoint
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.network import build


@pytest.fixture
def weights(tmp_path):
    """A checkpoint of posequery's, of an untrained student with inputs of 96 pixels."""
    path = tmp_path / "weights.pt"
    checkpoint.save(
        path, build("densenet_small", "a"), CheckpointInfo("densenet_small", 96, "student")
    )
    return path

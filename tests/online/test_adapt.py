"""The script: what cannot be played by the clock that was asked for is told in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from posequery.student import checkpoint
from posequery.student.network import build

SCRIPT = Path(__file__).parents[2] / "scripts" / "adapt.py"


def test_a_training_that_takes_too_long_to_be_tested(make_stream, tmp_path: Path) -> None:
    stream = make_stream(tmp_path, {"a": [np.zeros((48, 64, 3), np.uint8)] * 17})
    info = checkpoint.CheckpointInfo("densenet_small", 32)
    checkpoint.save(tmp_path / "w.pt", build("densenet_small", "test"), info)
    options = {
        "stream": stream.path,
        "reference": "truth",
        "checkpoint": tmp_path / "w.pt",
        "recipe": "{}",
        "cell": json.dumps({"method": "uniform", "rate": "1/4"}),
        "window": "8 frames",
        "continual-every": "4 frames",
        "training-takes": "9 frames",
        "meanwhile": "missed",
        "weights": "continue",
        "error-by": "ground_truth",
        "parameters": "{}",
        "words": "[]",
        "code": "c",
        "device": "cpu",
        "state": tmp_path / "state",
        "output": tmp_path / "out",
    }
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    done = subprocess.run(
        [sys.executable, SCRIPT, *words],
        env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[1] / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    fault = "has 17 frames, no more than a window and the 9 of its training: nothing would be"
    assert fault in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()

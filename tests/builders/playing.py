"""An online loop that is played in a test."""

from pathlib import Path

import torch

from posequery import record
from posequery.online import loop, parts
from posequery.online.task import Tally, Task
from posequery.student import checkpoint
from posequery.student.network import build

SIZE = 32
INFO = checkpoint.CheckpointInfo("densenet_small", SIZE, "student")


def play(what: Task, folder: Path) -> tuple[Tally, torch.nn.Module, record.Record]:
    folder.mkdir(exist_ok=True)
    network = build("densenet_small", "test")
    tally = loop.run(what, network, INFO, folder)
    parts.join(sorted(folder.glob("part-*.npz")), folder / "record.h5", what.stream.fps)
    return tally, network, record.read(folder / "record.h5")

"""An online loop that is played in a test."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from posequery import record
from posequery.clips import Stream
from posequery.online import loop, parts
from posequery.online.policies import policy
from posequery.online.task import Tally, Task
from posequery.student import checkpoint
from posequery.student.network import build
from posequery.student.recipe import Recipe

SIZE = 32
RECIPE = Recipe(epochs=2, batch_size=4, stdev=0.1)
INFO = checkpoint.CheckpointInfo("densenet_small", SIZE, "student")


def task(stream: Stream, method: str, rate: str = "1/4", **changed: object) -> Task:
    truth = stream.joints(np.arange(len(stream)))
    given = {
        "labels": truth,
        "reference": truth,
        "policy": policy(method, Fraction(rate), window="8 frames", continual_every="5 frames"),
        "recipe": RECIPE,
        "words": ["test", method],
    }
    return Task(stream, **(given | changed))


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def play(what: Task, folder: Path) -> tuple[Tally, torch.nn.Module, record.Record]:
    folder.mkdir(exist_ok=True)
    network = build("densenet_small", "test")
    tally = loop.run(what, network, INFO, folder)
    parts.join(sorted(folder.glob("part-*.npz")), folder / "record.h5", what.stream.fps)
    return tally, network, record.read(folder / "record.h5")

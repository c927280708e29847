"""Each engine that runs here beside torch, on one network: joints, speed, and new weights.

Engines take turns and are reported by their fastest turn. `ratio` is how many times as fast as
torch's (`for_inference`); `apart` the largest distance between their joints and torch's, in pixels
of a 1000 × 1000 source, over random frames; `flips` of how many joints another peak is the highest
(apart by more than a cell), which are not in `apart`; `update` the time from new weights to a
build that is ready, in forward passes of torch's. An engine whose packages are missing is named.

    python benchmarks/engines.py [--weights STUDENT.pt | --network NAME] [--device DEVICE]
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from inference import with_statistics
from torch import nn

from posequery.jobs.files import BadInput
from posequery.student import checkpoint, engines
from posequery.student.inference import for_inference
from posequery.student.network import NETWORKS, STRIDE, build
from posequery.student.prediction import predict

SOURCE = 1000


def started(network: nn.Module, info: checkpoint.CheckpointInfo) -> dict[str, engines.Runner]:
    found = {}
    for name in sorted(engines.names(), key=lambda name: name != "torch"):
        engine = engines.load(name)
        try:
            engine.require(name)
            found[name] = engine.start(network, info)
        except BadInput as fault:
            print(fault)
    return found


def compared(own: np.ndarray, torchs: np.ndarray, side: int) -> tuple[float, int]:
    """The largest distance among joints (n, 18, 2) that are within a cell, and how many are not."""
    distances = np.linalg.norm(own - torchs, axis=2)
    near = distances < SOURCE * STRIDE / side
    return float(distances[near].max(initial=0)), int((~near).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="a checkpoint; without one weights are random")
    parser.add_argument("--network", choices=sorted(NETWORKS), default="densenet121_baseline_att")
    parser.add_argument("--size", type=int, default=256, help="of the input, of random weights")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if options.weights:
        network, info = checkpoint.load(options.weights, options.device)
    else:
        info = checkpoint.CheckpointInfo(options.network, options.size, checkpoint.STUDENT)
        network = with_statistics(build(info.network, "benchmark"), torch.randn(2, 3, 128, 128))
        network = network.to(options.device)
    side = info.input_size
    frames = np.random.default_rng(0).integers(0, 256, (options.batch, side, side, 3), np.uint8)
    sizes = np.full((options.batch, 2), SOURCE)
    runners = started(network, info)
    contestants = {name: for_inference(runner.build(network)) for name, runner in runners.items()}
    joints = {name: predict(built, frames, sizes).joints for name, built in contestants.items()}
    passes: dict[str, list[float]] = {name: [] for name in contestants}
    updates: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(options.turns):
        for name, built in contestants.items():
            began = time.perf_counter()
            predict(built, frames, sizes)
            passes[name].append(time.perf_counter() - began)
    for _ in range(3):
        for name, runner in runners.items():
            began = time.perf_counter()
            for_inference(runner.build(network))
            updates[name].append(time.perf_counter() - began)
    print(f"{info.network}, {options.batch} x {side}², {options.threads} thread(s)")
    print(f"{'':12} {'frames/s':>9} {'ratio':>6} {'apart':>8} {'flips':>6} {'update':>7}  what")
    for name, runner in runners.items():
        apart, flips = compared(joints[name], joints["torch"], side)
        fastest, unit = min(passes[name]), min(passes["torch"])
        print(
            f"{name:12} {options.batch / fastest:9.2f} {unit / fastest:6.2f} {apart:8.1e} "
            f"{flips:6} {min(updates[name]) / unit:7.2f}  {', '.join(runner.describe().values())}"
        )


if __name__ == "__main__":
    main()

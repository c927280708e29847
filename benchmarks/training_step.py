"""A training step of the student compared with a plain one for the same network.

The peer is a plain loop: contiguous tensors in float32, torch.optim.Adam. Both get the same
prepared batches and the same loss, are warmed up, take turns, and are reported by their fastest
turn, in wall-clock and processor time. Target: a ratio of at least 1.6. Two or more threads need an
otherwise idle machine: oneDNN's threads wait for each other by spinning.

    python benchmarks/training_step.py [--network NAME] [--threads N] [--device DEVICE]
"""

import argparse
import time

import numpy as np
import torch

from posequery.student import targets, training
from posequery.student.adam import Adam
from posequery.student.batches import Batch
from posequery.student.network import NETWORKS, STRIDE, build
from posequery.student.recipe import Recipe


def random_batch(count: int, size: int, device: str) -> Batch:
    """Images of noise with three people each."""
    generator = np.random.default_rng(0)
    side = size // STRIDE
    images = generator.integers(0, 256, (count, size, size, 3), np.uint8)
    people = generator.uniform(0, side, (count, 3, 18, 2)).astype(np.float32)
    weights, region = np.ones((count, 18), np.float32), np.ones((count, side, side), np.float32)
    batch = Batch(*map(torch.from_numpy, (images, people, weights, region)))
    return batch.to(torch.device(device))


class Plain:
    def __init__(self, name: str, device: str) -> None:
        self.network = build(name, "benchmark").to(device).train()
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=1e-3)

    def __call__(self, batch: Batch) -> float:
        images = training.normalised(batch.images).contiguous()
        sigma = Recipe().stdev * batch.region.shape[-1]
        predicted = self.network(images)
        loss = targets.loss(predicted, batch.people, batch.joint_weights, batch.region, sigma)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.item()


class Ours:
    def __init__(self, name: str, device: str, precision: str) -> None:
        self.network = build(name, "benchmark").to(device).train()
        if device == "cuda":
            self.network.to(memory_format=torch.channels_last)
        self.optimiser = Adam(self.network.parameters())
        self.recipe = Recipe(precision=precision)

    def __call__(self, batch: Batch) -> float:
        torch.set_flush_denormal(True)
        loss = training.step(self.network, self.optimiser, batch, self.recipe, 1e-3)
        torch.set_flush_denormal(False)
        return loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=sorted(NETWORKS), default="densenet_wide")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    batch = random_batch(options.batch_size, options.size, options.device)
    ways = {
        "plain float32": Plain(options.network, options.device),
        "ours, float32": Ours(options.network, options.device, "float32"),
        "ours, bfloat16": Ours(options.network, options.device, "bfloat16"),
    }
    clocks = {"wall-clock time": time.perf_counter, "processor time": time.process_time}
    best = {(kind, name): np.inf for kind in clocks for name in ways}
    for turn in range(options.turns + 1):
        for name, way in ways.items():
            start = {kind: clock() for kind, clock in clocks.items()}
            way(batch)
            if turn:  # the first turn is a warm-up
                for kind, clock in clocks.items():
                    best[kind, name] = min(best[kind, name], clock() - start[kind])
    print(f"{options.network}, {options.size} pixels, {options.threads} thread(s)")
    for (kind, name), seconds in best.items():
        ratio = best[kind, "plain float32"] / seconds
        print(f"{kind}, {name}: {options.batch_size / seconds:.2f} images/s, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()

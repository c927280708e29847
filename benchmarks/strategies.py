"""Each strategy's processor time as a share of the student's inference of the same frames.

A window of generated frames is scored by the network once without and once with what the strategy
needs of it (`extras`: features, peaks' entropy, maps' change, a mirrored pass), and each strategy
picks from as many frames with random scores. Target: every share below 1; a mirrored pass is a
second inference, and is charged as one. With --large, k-center, k-means and TypiClust also pick
from 100,000 frames of 1,024 features at --rate; the inference of these is that of the window, times
their number.

    python benchmarks/strategies.py [--network NAME] [--frames N] [--window N] [--large]
"""

import argparse
import resource
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np
import torch

from posequery import strategies
from posequery.skeletons import JOINTS
from posequery.student.extras import Extras
from posequery.student.inference import for_inference
from posequery.student.network import NETWORKS, build
from posequery.student.prediction import BATCH, predict

SIZE, FEATURES, LARGE = 256, 1024, 100_000


def seconds(action: Callable[[], object], turns: int = 1) -> float:
    """Processor time of the fastest of several turns: others may use the machine as well."""
    spent = []
    for _ in range(turns):
        began = time.process_time()
        action()
        spent.append(time.process_time() - began)
    return min(spent)


def inference(name: str, count: int) -> dict[str, float]:
    """Seconds a frame, without any extra ('') and with each, which take turns."""
    fast = for_inference(build(name, "benchmark"))
    frames = np.random.default_rng(0).integers(0, 256, (count, SIZE, SIZE, 3), np.uint8)

    def run(wanted: tuple[str, ...]) -> None:
        with Extras(fast, wanted).watching() as extras:
            for start in range(0, count, BATCH):
                batch = frames[start : start + BATCH]
                sizes = np.tile([1000, 1002], (len(batch), 1))
                predict(fast, batch, sizes, extras=extras if wanted else None)

    run(())
    ways = {"": (), **{name: (name,) for name in strategies.EXTRAS}}
    turns = [{way: seconds(partial(run, ways[way])) for way in ways} for _ in range(3)]
    return {way: min(turn[way] for turn in turns) / count for way in ways}


def window(size: int, rate: Fraction) -> strategies.Window:
    """Random scores, and features of 100 clusters."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(100, FEATURES)).astype(np.float32)
    features = random.standard_normal((size, FEATURES), np.float32)
    features += centres[random.integers(0, 100, size)]
    scores = {name: random.uniform(size=size) for name in ("error", "change", "flipped")}
    maps = {name: random.uniform(size=(size, len(JOINTS))) for name in ("peaks", "entropy")}
    return strategies.Window(
        size, rate, **scores, **maps, features=features, disagreement=scores["error"]
    )


def picking(name: str, here: strategies.Window, turns: int) -> float:
    strategy = strategies.load(name)
    return seconds(lambda: strategies.select(strategy, here, np.random.default_rng(0)), turns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=NETWORKS, default="densenet121_baseline_att")
    parser.add_argument("--frames", type=int, default=64, help="that the network is timed on")
    parser.add_argument("--window", type=int, default=1500)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--rate", type=Fraction, default=Fraction(1, 100), help="of --large")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    frame = inference(options.network, options.frames)
    print(f"{options.network}: {frame['']:.4f} s a frame; window of {options.window} frames")
    print(f"{'':24} {'extras':>8} {'1 %':>8} {'20 %':>8}")
    rates = (Fraction(1, 100), Fraction(20, 100))
    windows = [window(options.window, rate) for rate in rates]
    for name in strategies.names():
        extra = sum(frame[need] - frame[""] for need in strategies.load(name).extras) / frame[""]
        picked = [picking(name, here, 3) / (options.window * frame[""]) for here in windows]
        print(f"{name:24} {extra:8.3f} {picked[0]:8.5f} {picked[1]:8.5f}")
    if options.large:
        here = window(LARGE, options.rate)
        print(f"\n{LARGE} frames, {here.k} picked")
        for name in ("k_center", "k_means", "typiclust"):
            spent = picking(name, here, 1)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            share = spent / (LARGE * frame[""])
            print(f"{name:24} {spent:8.1f} s, share {share:.5f}, at most {memory:.1f} GB in all")


if __name__ == "__main__":
    main()

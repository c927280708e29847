"""Random access to a stream's clips, compared with the training step that uses the frames.

The stream is generated: `--clips` clips of `--frames` frames, 256 x 256, of about 20 kB of JPEG
each, which then stay in the machine's memory (the disk is not measured). Frames per second, with
one process and one thread: in order, in random order, and as in training, through `StreamFrames`
and `BatchMaker` with augmentation. Then one training step of the paper's network on such a batch,
in float32 and in bfloat16. Target: five times the step's images per second; judging by its
durations, the paper's card processes 29 to 72 per second. A stream of more clips than stay open is
slower: --clips 600. Of each kind of reading, the share that verifying the frames' sums takes is
measured in the same run; target: below 5 %.

    python benchmarks/random_access.py [--clips N] [--frames N] [--network NAME] [--batch-size N]
"""

import argparse
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

from posequery.clips import ClipInfo, ClipWriter, Stream, jpeg, write_index
from posequery.student import training
from posequery.student.adam import Adam
from posequery.student.batches import BatchMaker, BatchRequest
from posequery.student.network import NETWORKS, build
from posequery.student.recipe import Recipe
from posequery.student.samples import StreamFrames

SIZE = 256


def made_stream(folder: Path, clips: int, frames: int) -> Stream:
    """Clips of blurred noise, made of 64 different images."""
    generator = np.random.default_rng(0)
    images = []
    for _ in range(64):
        noise = generator.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
        blurred = cv2.GaussianBlur(noise, (0, 0), 3.8)
        images.append(jpeg(cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX)))
    print(f"{np.mean([len(each) for each in images]) / 1000:.1f} kB per frame")
    paths = [folder / f"{number}.h5" for number in range(clips)]
    joints = generator.uniform(0, 1000, (frames, 18, 2)).astype(np.float32)
    info = ClipInfo("", "S1", "any", 1, "c", frames, 50.0, 1000, 1002, SIZE, "none.mp4")
    for number, path in enumerate(paths):
        with ClipWriter(path) as writer:
            for frame in range(frames):
                writer.append_jpeg(images[(7 * number + frame) % 64])
            writer.close(replace(info, slug=str(number)), joints)
    write_index(folder / "stream.json", paths)
    return Stream(folder / "stream.json")


def summing(stream: Stream) -> float:
    """Frames per second of the sums alone."""
    packed = stream._clip(0)._frames
    data = [packed[index].tobytes() for index in range(len(packed))]
    return per_second(lambda: [zlib.crc32(each) for each in data], len(data), 1)


def per_second(work: Callable[[], object], units: int, seconds: float) -> float:
    """Units per second when `work`, which processes `units`, runs repeatedly."""
    times, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
        times += 1
    return units * times / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=150)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--network", choices=sorted(NETWORKS), default="densenet121_baseline_att")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)
    count = options.batch_size
    with tempfile.TemporaryDirectory() as folder:
        stream = made_stream(Path(folder), options.clips, options.frames)
        order, everything = np.random.default_rng(1), np.arange(len(stream))
        start = time.perf_counter()
        stream.joints(everything)
        opening = 1000 * (time.perf_counter() - start) / options.clips
        print(f"{len(stream)} frames of {options.clips} clips; a clip opens in {opening:.1f} ms")
        place = 0

        def onwards() -> None:
            nonlocal place
            stream.frames(everything[place : place + 32])
            place = (place + 32) % (len(stream) - 32)

        samples = StreamFrames(stream, everything, stream.joints(everything))
        maker = BatchMaker(samples, Recipe(), SIZE, ["words"])

        def batch() -> BatchRequest:
            return BatchRequest(0, order.integers(0, len(stream), count))

        speeds = {
            "in order": per_second(onwards, 32, options.seconds),
            "in random order": per_second(
                lambda: stream.frames(order.integers(0, len(stream), count)), count, options.seconds
            ),
            "augmented batches": per_second(lambda: maker[batch()], count, options.seconds),
        }
        ready, sums = maker[batch()], summing(stream)
    for name, speed in speeds.items():
        print(f"{name}: {speed:.0f} frames/s, of which the sums take {100 * speed / sums:.2f} %")
    for precision in ("float32", "bfloat16"):
        network = build(options.network, "benchmark").train()
        optimiser, recipe = Adam(network.parameters()), Recipe(precision=precision)

        def step(
            network: torch.nn.Module = network, optimiser: Adam = optimiser, recipe: Recipe = recipe
        ) -> None:
            training.step(network, optimiser, ready, recipe, 1e-3)

        step()
        taken = per_second(step, count, options.seconds)
        ratios = ", ".join(f"{name} {speed / taken:.0f}" for name, speed in speeds.items())
        print(f"a step of {options.network}, {precision}: {taken:.2f} images/s; ratios: {ratios}")


if __name__ == "__main__":
    main()

"""The loader compared with the training step it feeds: images per second, and time spent waiting.

The images are as large as COCO's (640 x 480, about 120 kB of JPEG). First the loader runs alone and
its batches are discarded; then the step runs alone on one existing batch; then training uses the
loader's batches, and the share of the time spent waiting for them is reported. Target: a loader
twice as fast as the step, of whose time the images' sums take less than 5 %.

    python benchmarks/loader.py [--network NAME] [--workers N] [--device DEVICE]
"""

import argparse
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch

from posequery import training_sets
from posequery.student import training
from posequery.student.adam import Adam
from posequery.student.batches import Batch, BatchMaker, BatchRequest, load
from posequery.student.network import NETWORKS, build
from posequery.student.recipe import Recipe
from posequery.student.samples import TrainingSet
from posequery.training_sets import Image, Images

IMAGES = 256
WIDTH, HEIGHT = 640, 480


def image(generator: np.random.Generator) -> Image:
    noise = generator.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    pixels = cv2.GaussianBlur(noise, (0, 0), 1.5)
    pixels = cv2.normalize(pixels, None, 0, 255, cv2.NORM_MINMAX)
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    people = generator.uniform(0, [WIDTH, HEIGHT], (3, 18, 2))
    return Image(jpeg.ravel(), people, np.empty((0, 4)))


def training_set(path: Path) -> TrainingSet:
    """Blurred noise with three people in each image."""
    generator = np.random.default_rng(0)
    training_sets.write(path, (image(generator) for _ in range(IMAGES)))
    return TrainingSet(path)


def requests(batch_size: int) -> Iterator[BatchRequest]:
    order = np.random.default_rng(1)
    while True:
        yield BatchRequest(0, order.integers(0, IMAGES, batch_size))


def per_second(work: Callable[[], object], seconds: float) -> float:
    """How many times per second `work` runs, measured over at least `seconds`."""
    times, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
        times += 1
    return times / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=sorted(NETWORKS), default="densenet_wide")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="bfloat16")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1, help="for the training step, on a CPU")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=5, help="length of each measurement")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)
    device, recipe = torch.device(options.device), Recipe(precision=options.precision)
    network = build(options.network, "benchmark").to(device).train()
    optimiser = Adam(network.parameters())

    def step(batch: Batch) -> None:
        training.step(network, optimiser, batch.to(device), recipe, 1e-3)

    with tempfile.TemporaryDirectory() as folder:
        maker = BatchMaker(training_set(Path(folder, "set.h5")), recipe, options.size, ["words"])

        def made() -> Iterator[Batch]:
            batches = load(
                maker, requests(options.batch_size), options.workers, device.type == "cuda"
            )
            for _ in range(2 * options.workers + 1):
                next(batches)  # batches prepared ahead of the measurement do not count
            return batches

        jpegs = [image.jpeg.tobytes() for image in Images(Path(folder, "set.h5"))]
        sums = IMAGES * per_second(lambda: [zlib.crc32(jpeg) for jpeg in jpegs], 1)
        alone = options.batch_size * per_second(
            lambda: maker[next(requests(options.batch_size))], options.seconds
        )
        batches = made()
        given = options.batch_size * per_second(lambda: next(batches), options.seconds)
        ready = next(batches)
        del batches
        step(ready)
        taken = options.batch_size * per_second(lambda: step(ready), options.seconds)
        batches, waiting, start = made(), 0.0, time.perf_counter()
        while time.perf_counter() - start < options.seconds:
            before = time.perf_counter()
            batch = next(batches)
            waiting += time.perf_counter() - before
            step(batch)
        waiting /= time.perf_counter() - start
    print(f"{options.network}, {options.size} pixels, {options.precision}, {options.device}")
    print(f"training step, {options.threads} thread(s): {taken:.1f} images/s")
    print(f"loader, {options.workers} workers: {given:.1f} images/s, ratio {given / taken:.1f}")
    print(f"of the batches, {alone:.1f} images/s in one process, sums take {alone / sums:.2%}")
    print(f"training with both waits for its data {100 * waiting:.1f} % of the time")


if __name__ == "__main__":
    main()

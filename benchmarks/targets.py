"""Confidence maps and part affinity fields of a batch, compared with memory.

The limit is a plain fill, in the same run, of already allocated memory of the same size as both:
milliseconds per image with maps of 64 x 64. trt_pose is not run. Everything takes turns and is
reported by its fastest turn.

    python benchmarks/targets.py [--threads N] [--turns N]
"""

import argparse
import time
from collections.abc import Callable

import torch

from posequery.student import targets

BATCH, SIDE, SIGMA = 64, 64, 1.6

# x and y of trt_pose's joints as shares of a person's height.
STANDING = [
    *([0.5, 0.05], [0.53, 0.03], [0.47, 0.03], [0.57, 0.05], [0.43, 0.05], [0.62, 0.2]),
    *([0.38, 0.2], [0.67, 0.37], [0.33, 0.37], [0.7, 0.52], [0.3, 0.52], [0.58, 0.52]),
    *([0.42, 0.52], [0.58, 0.75], [0.42, 0.75], [0.58, 0.97], [0.42, 0.97], [0.5, 0.2]),
]


def standing(count: int) -> torch.Tensor:
    """People (b, count, 18, 2) that are 20 to 50 cells tall, anywhere in the image."""
    generator = torch.Generator().manual_seed(count)
    tall = 20 + 30 * torch.rand(BATCH, count, 1, 1, generator=generator)
    place = torch.rand(BATCH, count, 1, 2, generator=generator)
    limbs = 0.03 * torch.randn(BATCH, count, 18, 2, generator=generator)
    return tall * (torch.tensor(STANDING) + limbs) + place * (SIDE - tall)


def scattered(count: int) -> torch.Tensor:
    """People (b, count, 18, 2) with joints anywhere: links of half the image, the worst case."""
    generator = torch.Generator().manual_seed(count)
    return SIDE * torch.rand(BATCH, count, 18, 2, generator=generator)


def fastest(works: dict[str, Callable[[], object]], turns: int) -> dict[str, float]:
    """Milliseconds of each in its fastest turn, after one warm-up turn."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(turns + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: min(spent[1:]) for name, spent in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    memory = torch.zeros(BATCH, 18 + 42, SIDE, SIDE)
    print(f"ms per image, batches of {BATCH}, {options.threads} thread(s); trt_pose was not run")
    print("people           maps  fields    both    fill  both/fill")
    for make in (standing, scattered):
        for count in (1, 4, 8):
            people = make(count)
            works = {
                "maps": lambda people=people: targets.confidence_maps(people, SIDE, SIGMA),
                "fields": lambda people=people: targets.affinity_fields(people, SIDE, SIGMA),
                "fill": memory.zero_,
            }
            maps, fields, fill = (ms / BATCH for ms in fastest(works, options.turns).values())
            both = maps + fields
            print(
                f"{count} {make.__name__:<9}  {maps:8.3f}{fields:8.3f}{both:8.3f}"
                f"{fill:8.3f}  {both / fill:9.1f}"
            )


if __name__ == "__main__":
    main()

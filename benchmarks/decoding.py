"""The parser and the decoding of highest peaks, compared with trt_pose's parser and with a limit.

trt_pose is measured in the same run, on the same maps, if it is installed; otherwise ours stands
beside the limit alone, one pass over every map's cells. Target: no slower than trt_pose in batches,
for 0 to 8 people and noisy maps. Milliseconds per image with maps of 64 x 64; everything takes
turns and is reported by its fastest turn.

    python benchmarks/decoding.py [--threads N] [--turns N]
"""

import argparse
from collections.abc import Callable

import torch
from targets import BATCH, SIDE, SIGMA, fastest, standing

from posequery.skeletons import LINKS
from posequery.student import decoding, parsing, targets

try:
    from trt_pose.parse_objects import ParseObjects
except ImportError:
    ParseObjects = None


def original() -> Callable[[torch.Tensor, torch.Tensor], object] | None:
    """trt_pose's own parser with its default thresholds, if it is installed."""
    if ParseObjects is None:
        return None
    rows = [[2 * k, 2 * k + 1, a, b] for k, (a, b) in enumerate(LINKS)]
    parser: Callable[[torch.Tensor, torch.Tensor], object] = ParseObjects(
        torch.tensor(rows, dtype=torch.int32)
    )
    return parser


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    reference = original()
    print(f"ms per image, batches of {BATCH}, {options.threads} thread(s)")
    if reference is None:
        print("trt_pose is not installed: it was not run")
    print("people noise  parsed  one by one  highest peaks   limit  parsed/limit  trt_pose")
    for noise in (0, 0.02):
        for count in (0, 1, 2, 4, 8):
            people = standing(count)
            generator = torch.Generator().manual_seed(count)
            maps = targets.confidence_maps(people, SIDE, SIGMA)
            fields = targets.affinity_fields(people, SIDE, SIGMA)
            for tensor in (maps, fields):
                tensor += noise * torch.randn(tensor.shape, generator=generator)
            works = {
                "parsed": lambda maps=maps, fields=fields: parsing.parse(maps, fields),
                "one": lambda maps=maps, fields=fields: [
                    parsing.parse(maps[i : i + 1], fields[i : i + 1]) for i in range(BATCH)
                ],
                "highest": lambda maps=maps: decoding.highest_peaks(maps),
                "limit": maps.max,
            }
            if reference:
                works["trt_pose"] = lambda maps=maps, fields=fields: reference(maps, fields)
            ms = {name: spent / BATCH for name, spent in fastest(works, options.turns).items()}
            print(
                f"{count:>6} {noise:5}{ms['parsed']:8.3f}{ms['one']:12.3f}{ms['highest']:15.3f}"
                f"{ms['limit']:8.3f}{ms['parsed'] / ms['limit']:14.1f}"
                f"{ms.get('trt_pose', float('nan')):10.3f}"
            )


if __name__ == "__main__":
    main()

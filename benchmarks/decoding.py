"""The parser and the decoding of highest peaks, compared with trt_pose's parser.

trt_pose's timings are for its compiled code, warm, on a machine of this class (2 cores), in ms per
image with maps of 64 x 64: 0.40 to 0.49 in batches of 64, 0.14 to 0.25 one at a time. Target: no
slower in batches, for 0 to 8 people and noisy maps. The limit is one pass over every map's cells.
Everything takes turns and is reported by its fastest turn.

    python benchmarks/decoding.py [--threads N] [--turns N]
"""

import argparse

import torch
from targets import BATCH, SIDE, SIGMA, fastest, standing

from posequery.student import decoding, parsing, targets

ORIGINAL = 0.40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"ms per image, batches of {BATCH}, {options.threads} thread(s); trt_pose: {ORIGINAL:.2f}"
    )
    print("people noise  parsed  ours/trt_pose  one by one  highest peaks   limit")
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
            parsed, one, highest, limit = (
                ms / BATCH for ms in fastest(works, options.turns).values()
            )
            print(
                f"{count:>6} {noise:5}{parsed:8.3f}{parsed / ORIGINAL:15.2f}{one:12.3f}"
                f"{highest:15.3f}{limit:8.3f}"
            )


if __name__ == "__main__":
    main()

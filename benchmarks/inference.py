"""A network as it is, contiguous and in float32, compared with faster ways to run it.

The ways take turns and are reported by their fastest turn, in wall-clock and processor time (which
matters when jobs run side by side). `difference` is the largest difference from a computation in
double precision, as a share of the largest value. Target: `for_inference` at a ratio of at least
1.25 and a difference below 1e-4.

    python benchmarks/inference.py [--network NAME] [--batch N] [--threads N]
"""

import argparse
import copy
import time
from collections.abc import Callable

import torch
from torch import nn

from posequery.student.inference import fold, for_inference
from posequery.student.network import NETWORKS, build

NAMES = [name for name in NETWORKS if "baseline" in name]

Maps = tuple[torch.Tensor, torch.Tensor]


def with_statistics(network: nn.Module, images: torch.Tensor) -> nn.Module:
    """The network with running statistics as if trained on such images."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(images)
    return network.eval()


def ways(network: nn.Module, images: torch.Tensor) -> dict[str, Callable[[], Maps]]:
    last = images.to(memory_format=torch.channels_last)
    channels_last = copy.deepcopy(network).to(memory_format=torch.channels_last)
    folded = fold(copy.deepcopy(network)).to(memory_format=torch.channels_last)
    fast = for_inference(network)

    def brain_float() -> Maps:
        with torch.autocast("cpu", torch.bfloat16):
            maps: Maps = folded(last)
        return maps

    return {
        "plain": lambda: network(images),
        "channels-last": lambda: channels_last(last),
        "channels-last, folded": lambda: folded(last),
        "for_inference": lambda: fast(last),
        "channels-last, folded, bfloat16": brain_float,
    }


def difference(maps: Maps, exact: Maps) -> float:
    pairs = zip(maps, exact, strict=True)
    return max(float((one - other).abs().max() / other.abs().max()) for one, other in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=NAMES, default="densenet121_baseline_att")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    images = torch.randn(options.batch, 3, options.size, options.size)
    network = with_statistics(build(options.network, "benchmark"), torch.randn(2, 3, 128, 128))
    times: dict[str, list[tuple[float, float]]] = {}
    with torch.inference_mode():
        exact = copy.deepcopy(network).double()(images.double())
        contestants = ways(network, images)
        differences = {name: difference(run(), exact) for name, run in contestants.items()}
        for _ in range(options.turns):
            for name, run in contestants.items():
                start, busy = time.perf_counter(), time.process_time()
                run()
                spent = time.perf_counter() - start, time.process_time() - busy
                times.setdefault(name, []).append(spent)
    clock, processor = ({k: min(t[i] for t in v) for k, v in times.items()} for i in (0, 1))
    print(f"{options.network}, {options.batch} x {options.size}², {options.threads} thread(s)")
    print(f"{'':32} {'images/s':>9} {'ratio':>6} {'processor ratio':>16} {'difference':>11}")
    for name, spent in clock.items():
        ratios = clock["plain"] / spent, processor["plain"] / processor[name]
        print(
            f"{name:32} {options.batch / spent:9.2f} {ratios[0]:6.2f} {ratios[1]:16.2f} "
            f"{differences[name]:11.1e}"
        )


if __name__ == "__main__":
    main()

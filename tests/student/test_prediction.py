"""Highest peaks and parsed people, distinguished by a network that knows two people."""

import numpy as np
import pytest
import torch
from torch import nn

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs import seeds
from posequery.jobs.files import whole
from posequery.skeletons import JOINTS, MIRROR
from posequery.strategies import EXTRAS
from posequery.student import decoding, pixels, targets
from posequery.student.extras import Extras
from posequery.student.inference import for_inference
from posequery.student.network import build
from posequery.student.prediction import BATCH, forward, predict, predict_stream
from posequery.student.training import flushed_denormals, normalised

SIDE, SIZE = 128, (256, 512)
GRID = SIDE // 4


class TwoPeople(nn.Module):
    """Returns the same two people's maps and fields for every frame; the first one peaks higher."""

    def __init__(self, people: np.ndarray) -> None:
        super().__init__()
        cells = pixels.to_grid(people, GRID, np.tile(SIZE, (len(people), 1)))
        self.people = nn.Parameter(torch.from_numpy(cells))

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = [targets.confidence_maps(one[None, None], GRID, 0.8) for one in self.people]
        both = torch.maximum(maps[0], 0.5 * maps[1])
        fields = targets.affinity_fields(self.people[None], GRID, 0.8)
        repeat = (len(images), 1, 1, 1)
        return both.repeat(repeat), fields.repeat(repeat)


@pytest.fixture
def people() -> np.ndarray:
    """Two people (2, 18, 2) in source pixels, side by side; the second lacks the right ankle.

    No two peaks of the same joint are in each other's window.
    """
    x = np.array([60, 70, 50, 80, 40, 90, 30, 95, 25, 100, 20, 80, 40, 80, 40, 80, 40, 60])
    y = np.array([30, 20, 20, 30, 30, 90, 90, 170, 170, 250, 250, 260, 260, 350, 350, 440, 440, 80])
    # Away from the border, where upstream's refinement pulls a peak outwards.
    first = np.stack([x, 60 + 0.8 * y], axis=1).astype(np.float32)
    second = first + np.float32([130, 20])
    second[16] = np.nan
    return np.stack([first, second])


def test_joints_are_the_highest_peaks_and_parsed_is_the_nearest_person(
    people: np.ndarray,
) -> None:
    frames = np.zeros((40, SIDE, SIDE, 3), np.uint8)
    reference = np.repeat(people[1:], 40, axis=0)
    reference[5:10] = people[0]
    found = predict(TwoPeople(people), frames, np.tile(SIZE, (40, 1)), reference)
    cell = np.array(SIZE) / GRID
    known = np.isfinite(people).all(axis=2)
    assert (abs(found.joints - people[0]) <= cell / 2).all()
    for frame in (0, 39):
        assert (np.isfinite(found.parsed[frame]).all(axis=1) == known[1]).all()
        off = abs(found.parsed[frame] - people[1])[known[1]]
        assert (off <= cell / 2).all()
    assert (abs(found.parsed[5] - people[0]) <= cell / 2).all()


def test_without_a_reference_nothing_is_parsed(people: np.ndarray) -> None:
    frames = np.zeros((3, SIDE, SIDE, 3), np.uint8)
    found = predict(TwoPeople(people), frames, np.tile(SIZE, (3, 1)))
    assert np.isnan(found.parsed).all()
    assert found.parsed.shape == (3, len(JOINTS), 2)


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    """110 frames: clips of 37 and 73, of two widths."""
    folder = tmp_path_factory.mktemp("stream")
    random = seeds.generator("frames")
    for name, count, width in (("a", 37, 64), ("b", 73, 96)):
        info = ClipInfo(name, "S1", "Walking", 1, "c", count, 5.0, width, 48, 32, "v.mp4")
        with whole(folder / f"{name}.h5") as path, ClipWriter(path) as writer:
            for _ in range(count):
                writer.append(random.integers(0, 255, (32, 32, 3)).astype(np.uint8))
            writer.close(info, random.uniform(0, 48, (count, 18, 2)).astype(np.float32))
    write_index(folder / "stream.json", [folder / "a.h5", folder / "b.h5"])
    return Stream(folder / "stream.json")


def of_stored_maps(network: nn.Module, stream: Stream) -> dict[str, np.ndarray]:
    """The extras by brute force, of the maps of every frame at once."""
    indices = np.arange(len(stream))
    frames, sizes = stream.frames(indices), stream.source_size(indices)
    with torch.inference_mode(), flushed_denormals():
        maps = np.concatenate(
            [forward(network, frames[i : i + BATCH])[0] for i in indices[::BATCH]]
        )
        other = forward(network, np.ascontiguousarray(frames[:, :, ::-1]))[0]
        points = decoding.highest_peaks(torch.from_numpy(maps))[0]
        mirrored = decoding.highest_peaks(other.flip(3))[0][:, list(MIRROR)]
    change = np.full(len(stream), np.nan)
    for i in {*indices.tolist()} - {*stream.starts.tolist()}:
        change[i] = sum(abs(maps[i, j] - maps[i - 1, j]).sum() for j in range(18)) / 18
    side = maps.shape[-1]
    apart = pixels.to_source(points.numpy(), side, sizes) - pixels.to_source(
        mirrored.numpy(), side, sizes
    )
    return {
        "entropy": np.array([[entropy_by_hand(one) for one in several] for several in maps]),
        "change": change,
        "flipped": np.linalg.norm(apart, axis=2).mean(axis=1),
    }


def entropy_by_hand(values: np.ndarray) -> float:
    peaks = []
    for y, x in np.ndindex(values.shape):
        around = values[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3]
        if values[y, x] > 0.1 and values[y, x] == around.max():
            peaks.append(float(values[y, x]))
    shares = np.array(peaks) / sum(peaks)
    return float(-(shares * np.log(shares)).sum())


def test_extras_are_those_of_stored_maps(stream: Stream) -> None:
    network = build("densenet_small", "test").eval()
    nn.init.normal_(network.head.bias, 0.3, 0.1)  # maps with peaks
    plain = predict_stream(network, stream)
    found = predict_stream(network, stream, wanted=EXTRAS)
    for name in ("joints", "peaks", "parsed"):
        assert np.array_equal(getattr(found, name), getattr(plain, name), equal_nan=True)
    assert plain.extras == {} and set(found.extras) == {*EXTRAS}
    expected = of_stored_maps(network, stream)
    assert (expected["entropy"] > 0.5).mean() > 0.2
    for name, values in expected.items():
        np.testing.assert_allclose(found.extras[name], values, rtol=1e-4, atol=1e-4)
    assert np.flatnonzero(np.isnan(found.extras["change"])).tolist() == [0, 37]
    part = predict_stream(network, stream, 5, 60, wanted=["change"]).extras["change"]
    assert np.flatnonzero(np.isnan(part)).tolist() == [0, 32]
    assert not network.up8._forward_pre_hooks


@pytest.mark.parametrize(
    "name", ["densenet_small", "resnet18_baseline_att", "densenet121_baseline"]
)
def test_features_are_the_mean_of_the_backbones_last_map(name: str) -> None:
    network = build(name, "test").eval()
    frames = seeds.generator("x").integers(0, 255, (3, 64, 64, 3)).astype(np.uint8)
    images = normalised(torch.from_numpy(frames))
    fast = for_inference(network)
    with Extras(fast, ["features"]).watching() as extras:
        found = predict(fast, frames, np.tile(SIZE, (3, 1)), extras=extras).extras["features"]
    with torch.inference_mode():
        if name == "densenet_small":
            quarter = network.block4(network.stem(images))
            eighth = network.block8(network.down8(quarter))
            last = network.norm16(network.block16(network.down16(eighth))).relu()
        else:
            last = network.backbone(images)
    assert found.shape == (3, last.shape[1])
    np.testing.assert_allclose(found, last.mean((2, 3)).numpy(), rtol=1e-3, atol=1e-4)

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from posequery.student import augmentation, decoding, pixels, targets
from posequery.student.recipe import Augmentation


def reference_refine(values: np.ndarray, row: int, column: int, window: int) -> tuple[float, float]:
    height, width = values.shape
    total = x = y = 0.0
    for i in range(row - window // 2, row + window // 2 + 1):
        for j in range(column - window // 2, column + window // 2 + 1):
            mirrored_i = -i if i < 0 else 2 * height - i - 2 if i >= height else i
            mirrored_j = -j if j < 0 else 2 * width - j - 2 if j >= width else j
            value = max(values[mirrored_i, mirrored_j], 0)
            total, x, y = total + value, x + value * j, y + value * i
    return x / total, y / total


def test_the_golden_refinement() -> None:
    """From trt_pose's compiled operator, which returns (row, column) as shares of the side."""
    rows = [[0, 0, 1, 0], [0, 2, 3, 1], [0, 0, 2, 0], [0, 0, 0, 0]]
    maps = torch.tensor(rows, dtype=torch.float32)[None, None]
    x, y = decoding.refine(maps, torch.tensor([[[1, 2]]]), window=3)[0, 0].tolist()
    assert ((y + 0.5) / 4, (x + 0.5) / 4) == pytest.approx((0.402778, 0.597222), abs=1e-6)


@pytest.mark.parametrize("shape", [(6, 6), (5, 9)])
def test_every_place_is_refined_as_by_the_reference(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(3).normal(0.3, 1, shape).astype(np.float32)
    places = np.argwhere(np.ones(shape))
    maps = torch.from_numpy(values).expand(1, len(places), *shape)
    found = decoding.refine(maps, torch.from_numpy(places)[None])[0]
    expected = [reference_refine(values, *place, decoding.WINDOW) for place in places]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_highest_of_several_peaks_is_returned_with_its_value() -> None:
    maps = torch.zeros(1, 2, 10, 12)
    maps[0, 0, 2, 3], maps[0, 0, 7, 9] = 0.5, 0.8
    maps[0, 1, 4, 4] = -1
    points, values = decoding.highest_peaks(maps)
    assert points[0, 0].tolist() == [9, 7]
    assert values[0].tolist() == pytest.approx([0.8, 0])


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_a_flat_map_gives_a_finite_point_inside(value: float) -> None:
    points, values = decoding.highest_peaks(torch.full((2, 18, 24, 24), value))
    assert torch.isfinite(points).all()
    assert ((points > -1) & (points < 24)).all()
    assert (values == value).all()


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.lists(st.floats(2, 21, width=32), min_size=36, max_size=36), st.floats(1.0, 1.6))
def test_targets_are_decoded_to_the_people_that_made_them(
    points: list[float], sigma: float
) -> None:
    people = torch.tensor(points).view(1, 1, 18, 2)
    found, _ = decoding.highest_peaks(targets.confidence_maps(people, 24, sigma))
    assert (found - people[:, 0]).abs().max() < 0.2


def test_a_batch_is_decoded_like_its_members() -> None:
    maps = torch.rand(5, 18, 24, 24, generator=torch.Generator().manual_seed(0))
    together = decoding.highest_peaks(maps)
    for index in range(5):
        alone = decoding.highest_peaks(maps[index : index + 1])
        assert torch.equal(alone[0][0], together[0][index])
        assert torch.equal(alone[1][0], together[1][index])


@pytest.mark.parametrize("source", [(500, 501), (320, 240)])
def test_from_an_image_back_to_its_pixels(source: tuple[int, int]) -> None:
    """Image -> augmentation -> targets -> decoding -> source pixels, within half a cell.

    The joint is a spot in the image, both before and after the augmentation.
    """
    count, side, stride = 24, 24, 4
    generators = [np.random.default_rng(seed) for seed in range(count)]
    draws = augmentation.draw(Augmentation(flip=True), generators)
    spots = np.random.default_rng(0).uniform(0.3, 0.7, (count, 2)) * source
    sizes = np.tile(source, (count, 1))
    people = np.tile(spots[:, None, None], (1, 1, 18, 1))
    cells = torch.from_numpy(augmentation.warp_people(people, draws, side, sizes))
    found = decoding.highest_peaks(targets.confidence_maps(cells, side, 1.2))[0].numpy()[:, 0]
    shares = np.append((found + 0.5) / side, np.ones((count, 1)), axis=1)[:, None]
    back = (shares @ draws.crops.swapaxes(1, 2))[:, 0]
    decoded = pixels.to_source(side * back - 0.5, side, sizes)

    inside = ((cells[:, 0, 0] > 1.5) & (cells[:, 0, 0] < side - 2.5)).all(dim=-1).numpy()
    assert inside.sum() > count / 2
    cell = np.sqrt(np.abs(np.linalg.det(draws.crops[..., :2])))[:, None] * source / side
    assert (np.abs(decoded - spots) / cell)[inside].max() < 0.5
    column, row = np.meshgrid(*map(np.arange, source))
    for place in np.flatnonzero(inside):
        squares = (column - spots[place, 0]) ** 2 + (row - spots[place, 1]) ** 2
        image = np.exp(-squares / (source[0] / 40) ** 2)[..., None] * [255, 255, 255]
        crop = draws.crops[place]
        seen = augmentation.warp_image(image.astype(np.uint8), crop, stride * side)[..., 0]
        weights = seen / seen.sum()
        centre = [weights.sum(axis) @ np.arange(stride * side) for axis in (0, 1)]
        in_cells = (np.array(centre) + 0.5) / stride - 0.5
        assert np.abs(found[place] - in_cells).max() < 0.5


MAPS = torch.rand(2, 3, 6, 5)
PEAKS = torch.ones(2, 3, 2, dtype=torch.long)


@pytest.mark.parametrize(
    ("maps", "peaks", "window", "fault"),
    [
        (MAPS[0], PEAKS, 5, "are needed"),
        (MAPS, PEAKS[:1], 5, "are needed"),
        (MAPS, PEAKS[..., :1], 5, "are needed"),
        (MAPS, PEAKS.float(), 5, "are needed"),
        (MAPS, PEAKS, 0, "a window of 0 cells"),
        (MAPS, PEAKS, 4, "a window of 4 cells"),
        (MAPS, PEAKS, 11, "a window of 11 cells in maps of 6 x 5"),
        (MAPS, PEAKS - 2, 5, "lies outside"),
        (MAPS, PEAKS * 5, 5, "lies outside"),
        (MAPS * torch.nan, PEAKS, 5, "not finite"),
        (MAPS / 0, PEAKS, 5, "not finite"),
    ],
)
def test_what_cannot_be_refined_is_refused(
    maps: torch.Tensor, peaks: torch.Tensor, window: int, fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        decoding.refine(maps, peaks, window)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_one_number_that_is_not_finite_is_found_wherever_it_is(value: float) -> None:
    maps = torch.rand(1, 18, 6, 6)
    maps[0, 7, 5, 0] = value
    with pytest.raises(ValueError, match="not finite"):
        decoding.highest_peaks(maps)


@pytest.mark.parametrize(
    ("people", "size", "sigma"),
    [
        (torch.zeros(1, 18, 2), 8, 1.0),
        (torch.zeros(1, 1, 17, 2), 8, 1.0),
        (torch.zeros(1, 1, 18, 3), 8, 1.0),
        (torch.zeros(1, 1, 18, 2, dtype=torch.long), 8, 1.0),
        (torch.zeros(1, 1, 18, 2), 0, 1.0),
        (torch.zeros(1, 1, 18, 2), (8, -1), 1.0),
        *((torch.zeros(1, 1, 18, 2), 8, sigma) for sigma in (0.0, -1.0, np.nan, np.inf)),
    ],
)
def test_targets_that_mean_nothing_are_refused(
    people: torch.Tensor, size: int | tuple[int, int], sigma: float
) -> None:
    for target in (targets.confidence_maps, targets.affinity_fields):
        with pytest.raises(ValueError, match=r"people:|maps of"):
            target(people, size, sigma)

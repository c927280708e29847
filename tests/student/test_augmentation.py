import numpy as np
import pytest
import torch

from posequery.skeletons import MIRROR
from posequery.student import augmentation, decoding, pixels, targets
from posequery.student.augmentation import STILL, Draws
from posequery.student.recipe import Augmentation

CORNERS = np.array([[0, 0, 1], [0, 1, 1], [1, 1, 1], [1, 0, 1]])
"""Top left, bottom left, bottom right, top right."""
FREE = Augmentation(flip=True)


def drawn(bounds: Augmentation, count: int) -> Draws:
    return augmentation.draw(bounds, [np.random.default_rng(seed) for seed in range(count)])


def test_no_bounds_change_nothing() -> None:
    draws = drawn(STILL, 1)
    image = np.random.default_rng(0).integers(0, 256, (48, 48, 3), np.uint8)
    np.testing.assert_array_equal(augmentation.warp_image(image, draws.crops[0], 48), image)
    np.testing.assert_array_equal(augmentation.jitter(image, draws.colours[0]), image)


def test_the_crop_is_trt_poses_quad() -> None:
    """Its corners, computed from the same four draws by trt_pose's own steps."""
    numbers = np.random.default_rng(0).random(9)
    shift, angle = 0.2 * (2 * numbers[:2] - 1), 0.2 * (2 * numbers[3] - 1)
    scale = 0.5 + 1.5 * numbers[2]
    quad = np.array([[0.0, 0], [0, 1], [1, 1], [1, 0]]) - 0.5
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    quad = (quad @ turn - shift) / scale + 0.5
    crop = drawn(Augmentation(), 1).crops[0]
    np.testing.assert_allclose(CORNERS @ crop.T, quad, atol=1e-12)


@pytest.mark.parametrize(
    ("bounds", "numbers", "quad"),
    [
        # A quarter turn takes (x, y) to (y, -x); then shift 0.1 left and 0.1 down, and halve.
        (
            Augmentation(angle=np.pi / 2),
            [0.75, 0.25, 1.0, 1.0],
            [[0.2, 0.8], [0.7, 0.8], [0.7, 0.3], [0.2, 0.3]],
        ),
        # 0.16 radians at scale 1: cosine 0.98722728, sine 0.15931821.
        (
            Augmentation(),
            [0.75, 0.25, 1 / 3, 0.9],
            [
                [-0.17327275, 0.18604546],
                [-0.01395454, 1.17327275],
                [0.97327275, 1.01395454],
                [0.81395454, 0.02672725],
            ],
        ),
        (
            Augmentation(),
            [0.5, 0.5, 0.0, 0.5],
            [[-0.5, -0.5], [-0.5, 1.5], [1.5, 1.5], [1.5, -0.5]],
        ),
    ],
    ids=["quarter turn", "a typical one", "half the size"],
)
def test_quads_computed_by_hand(
    bounds: Augmentation, numbers: list[float], quad: list[list[float]]
) -> None:
    class Fixed(np.random.Generator):
        def random(self, count: int) -> np.ndarray:  # type: ignore[override]
            return np.array(numbers + [0.5] * (count - len(numbers)))

    draws = augmentation.draw(bounds, [Fixed(np.random.PCG64(0))])
    np.testing.assert_allclose(CORNERS @ draws.crops[0].T, quad, atol=1e-8)
    np.testing.assert_allclose(draws.colours, [[1, 1, 1, 0]])


def test_colours_are_drawn_after_the_crop_and_the_flip_last() -> None:
    numbers = np.random.default_rng(3).random(9)
    draws = augmentation.draw(FREE, [np.random.default_rng(3)])
    limits = np.array([0.05, 0.05, 0.05, 0.01])
    np.testing.assert_allclose(draws.colours[0], [1, 1, 1, 0] + limits * (2 * numbers[4:8] - 1))
    assert draws.flipped[0] == (numbers[8] < 0.5)


@pytest.mark.parametrize("size", [(96, 60), (300, 500)])
def test_nearest_takes_the_pixel_that_contains_the_point(size: tuple[int, int]) -> None:
    """As upstream, however much the crop shrinks; nothing is averaged."""
    side, (width, height) = 32, size
    generator = np.random.default_rng(0)
    image = generator.integers(1, 256, (height, width, 3), np.uint8)
    cells = (np.arange(side) + 0.5) / side
    wrong = []
    for crop in drawn(Augmentation(), 8).crops:
        expected = np.zeros((side, side, 3), np.uint8)
        for row, y in enumerate(cells):
            for column, x in enumerate(cells):
                at = np.floor(crop @ [x, y, 1] * [width, height]).astype(int)
                if (at >= 0).all() and (at < [width, height]).all():
                    expected[row, column] = image[at[1], at[0]]
        found = augmentation.warp_image(image, crop, side, "nearest")
        wrong.append((found != expected).any(axis=2).mean())
    # OpenCV rounds coordinates to 1/1024 of a pixel: on a border it may take the next pixel.
    assert np.mean(wrong) < 0.01


def test_draws_stay_within_their_bounds_and_reach_them() -> None:
    draws = drawn(FREE, 400)
    areas = 1 / np.sqrt(np.abs(np.linalg.det(draws.crops[..., :2])))
    assert 0.5 <= areas.min() < 0.55
    assert 1.95 < areas.max() <= 2
    limits = np.array([0.05, 0.05, 0.05, 0.01])
    away = np.abs(draws.colours - [1, 1, 1, 0]).max(axis=0) / limits
    assert ((away > 0.95) & (away <= 1 + 1e-9)).all()
    assert 150 < draws.flipped.sum() < 250
    assert not drawn(Augmentation(), 400).flipped.any()


@pytest.mark.parametrize("size", [(96, 96), (320, 240), (40, 60)])
def test_people_move_with_the_pixels(size: tuple[int, int]) -> None:
    """A white spot on black is found where the warped joint is."""
    draws = drawn(FREE, 24)
    sizes = np.tile(size, (24, 1))
    people = np.tile(np.array(size) * [0.45, 0.6], (24, 1, 18, 1))
    warped = augmentation.warp_people(people, draws, 96, sizes)
    column, row = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    spread = size[0] / 24
    square = (column - people[0, 0, 0, 0]) ** 2 + (row - people[0, 0, 0, 1]) ** 2
    spot = (255 * np.exp(-square / spread**2)).astype(np.uint8)
    seen = 0
    for crop, found in zip(draws.crops, warped[:, 0, 0], strict=True):
        if not (found > 20).all() or not (found < 75).all():
            continue
        image = augmentation.warp_image(np.stack([spot] * 3, axis=2), crop, 96)[..., 0]
        weights = image / image.sum()
        centre = [(weights * np.arange(96)).sum(), (weights * np.arange(96)[:, None]).sum()]
        np.testing.assert_allclose(centre, found, atol=0.5)
        seen += 1
    assert seen > 8


def test_a_flip_swaps_left_and_right() -> None:
    generators = [np.random.default_rng(seed) for seed in range(20)]
    draws = augmentation.draw(Augmentation(shift=0, scale=(1, 1), angle=0, flip=True), generators)
    people = np.random.default_rng(0).uniform(0, 96, (20, 1, 18, 2))
    warped = augmentation.warp_people(people, draws, 96, np.full((20, 2), 96))
    mirrored = people[:, :, MIRROR] * [-1, 1] + [95, 0]
    assert 0 < draws.flipped.sum() < 20
    np.testing.assert_allclose(warped[draws.flipped], mirrored[draws.flipped], atol=1e-4)
    np.testing.assert_allclose(warped[~draws.flipped], people[~draws.flipped], atol=1e-4)


def test_from_source_pixels_through_everything_and_back() -> None:
    """Image -> augmentation -> targets -> decoding -> source pixels, within half a cell."""
    draws, size = drawn(FREE, 40), np.array([1000, 1002])
    people = np.random.default_rng(1).uniform(0, 1000, (40, 1, 18, 2))
    cells = augmentation.warp_people(people, draws, 24, np.tile(size, (40, 1)))
    maps = targets.confidence_maps(torch.from_numpy(cells), 24, 1.2)
    found = decoding.highest_peaks(maps)[0].numpy()
    # Near the border, upstream's mirroring pulls a peak outward, by up to 3/4 of a cell.
    inside = ((cells[:, 0] > 1.5) & (cells[:, 0] < 21.5)).all(axis=-1)
    assert inside.mean() > 0.4
    linear, offset = draws.crops[..., :2], draws.crops[:, None, :, 2]
    shares = (found + 0.5) / 24 @ linear.swapaxes(1, 2) + offset
    source = pixels.to_source(24 * shares - 0.5, 24, np.tile(size, (40, 1)))
    expected = people[:, 0].copy()
    expected[draws.flipped] = expected[draws.flipped][:, MIRROR]
    cell = size / 24 * np.sqrt(np.abs(np.linalg.det(linear)))[:, None, None]
    assert (np.abs(source - expected) / cell)[inside].max() < 0.5


def test_the_known_region_ends_at_the_image_and_at_the_boxes() -> None:
    sizes = np.array([[80, 40], [80, 40]])
    half = np.array([[[2, 0, -0.5], [0, 1, 0]]] * 2, float)
    draws = Draws(half, np.zeros(2, bool), np.zeros((2, 4)))
    boxes = [np.empty((0, 4)), np.array([[-1.0, -1, 41, 21]])]
    known = augmentation.known_regions(boxes, draws, 8, sizes)
    # The crop is twice as wide as the image, so a quarter on either side is outside the image.
    assert known[0].sum(axis=0).tolist() == [0, 0, 8, 8, 8, 8, 0, 0]
    assert known[1, :4].sum(axis=0).tolist() == [0, 0, 0, 0, 4, 4, 0, 0]
    assert known[1, 4:].sum(axis=0).tolist() == [0, 0, 4, 4, 4, 4, 0, 0]


def test_colours_change_as_named() -> None:
    image = np.random.default_rng(0).integers(60, 180, (8, 8, 3), np.uint8)
    grey = image @ augmentation.LUMA
    brighter = augmentation.jitter(image, np.array([1.2, 1, 1, 0]))
    np.testing.assert_allclose(brighter, image * 1.2, atol=1)
    flat = augmentation.jitter(image, np.array([1, 0, 1, 0]))
    np.testing.assert_allclose(flat, np.full(image.shape, grey.mean()), atol=1)
    colourless = augmentation.jitter(image, np.array([1, 1, 0, 0]))
    np.testing.assert_allclose(colourless, np.stack([grey] * 3, axis=2), atol=1)
    turned = augmentation.jitter(image, np.array([1, 1, 1, 0.05]))
    np.testing.assert_allclose(turned @ augmentation.LUMA, grey, atol=2)
    assert np.abs(turned.astype(int) - image).max() > 10

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from posequery.skeletons import JOINTS, LINKS
from posequery.student import targets

TOLERANCE = 2.5e-6
"""Half of the tolerance within which trt_pose's compiled operator agrees with such a reference."""


def nobody(batch: int = 1, people: int = 1) -> torch.Tensor:
    return torch.full((batch, people, len(JOINTS), 2), torch.nan)


def reference_maps(people: np.ndarray, size: tuple[int, int], sigma: float) -> np.ndarray:
    """trt_pose's definition, cell by cell, with cells centred at + 0.5."""
    height, width = size
    maps = np.zeros((len(people), len(JOINTS), height, width))
    reach = int(5 * sigma) // 2
    for b, p, j in np.argwhere(np.isfinite(people).all(-1)):
        x, y = (people[b, p, j] + 0.5).tolist()
        for row in range(max(0, math.trunc(y - reach)), min(height, math.trunc(y + reach + 1))):
            for col in range(max(0, math.trunc(x - reach)), min(width, math.trunc(x + reach + 1))):
                square = (row + 0.5 - y) ** 2 + (col + 0.5 - x) ** 2
                maps[b, j, row, col] = max(maps[b, j, row, col], math.exp(-square / sigma**2))
    return maps


def reference_fields(people: np.ndarray, size: tuple[int, int], sigma: float) -> np.ndarray:
    """trt_pose's definition, cell by cell."""
    height, width = size
    fields = np.zeros((len(people), 2 * len(LINKS), height, width))
    for b, person in itertools.product(range(len(people)), range(people.shape[1])):
        for k, (a, z) in enumerate(LINKS):
            (x, y), (end_x, end_y) = people[b, person, [a, z]].tolist()
            if not math.isfinite(x + y + end_x + end_y):
                continue
            length = math.hypot(end_x - x, end_y - y) + 1e-5
            unit_x, unit_y = (end_x - x) / length, (end_y - y) / length
            for row, col in itertools.product(range(height), range(width)):
                along = (col - x) * unit_x + (row - y) * unit_y
                beyond = min(along, 0) + max(along - length, 0)
                across = (col - x) * unit_y - (row - y) * unit_x
                strength = math.exp(-(beyond**2 + across**2) / sigma**2)
                fields[b, 2 * k, row, col] += strength * unit_y
                fields[b, 2 * k + 1, row, col] += strength * unit_x
    return fields


def scene(seed: int, batch: int, count: int, size: tuple[int, int]) -> np.ndarray:
    """At most `count` people per image: inside, outside, on borders, coincident, joints missing."""
    generator = np.random.default_rng(seed)
    height, width = size
    people = generator.uniform(-4, 4, (batch, count, len(JOINTS), 2))
    people += generator.uniform(0, [width, height], (batch, count, 1, 2))
    kind = generator.random(people.shape[:3])
    people[kind < 0.2] = np.nan
    borders = generator.choice([-0.5, 0, width - 1, width - 0.5], people.shape)
    people = np.where(kind[..., None] > 0.9, borders, people)
    people[:, :, 7] = people[:, :, 5]  # a link without length
    if count > 1:
        people[::2, 1] = people[::2, 0]
    people[np.arange(count) >= generator.integers(0, count + 1, (batch, 1))] = np.nan
    return people.astype(np.float32)


def test_the_golden_value() -> None:
    """One peak at (0.5, 0.5) of a 64 x 64 map with sigma 1.6, from trt_pose's compiled operator."""
    people = nobody()
    people[0, 0, 0] = 0.5 * 64 - 0.5
    maps = targets.confidence_maps(people, 64, 1.6)
    assert maps[0, 0, 31, 31].item() == pytest.approx(0.82258, abs=5e-6)


@pytest.mark.parametrize(
    ("batch", "count", "size", "sigma"),
    [
        (1, 0, (9, 9), 1.2),
        (1, 1, (9, 9), 1.6),
        (3, 2, (12, 7), 1.2),
        (2, 8, (7, 13), 0.9),
        (64, 3, (8, 10), 1.2),
        (1, 8, (64, 64), 1.6),
    ],
)
def test_a_scene_matches_the_reference(
    batch: int, count: int, size: tuple[int, int], sigma: float
) -> None:
    people = scene(batch + count, batch, count, size)
    found = torch.from_numpy(people)
    maps = targets.confidence_maps(found, size, sigma)
    fields = targets.affinity_fields(found, size, sigma)
    assert maps.dtype == fields.dtype == torch.float32
    expected = reference_maps(people, size, sigma), reference_fields(people, size, sigma)
    for name, ours, reference in zip(("maps", "fields"), (maps, fields), expected, strict=True):
        assert ours.shape == reference.shape
        away = np.abs(ours.numpy() - reference).max()
        print(f"{name} of {batch} x {count} people, {size}: {away:.1e} away, tolerance {TOLERANCE}")
        assert away <= TOLERANCE


@pytest.mark.parametrize("length", [1e-8, 1e-6, 1e-5, 1e-3])
def test_a_link_of_almost_no_length_matches_the_reference(length: float) -> None:
    """Its unit vector is short, which stretches distances: its field is weak and wide."""
    people = nobody()
    people[0, 0, LINKS[0][0]] = 0
    people[0, 0, LINKS[0][1]] = length
    fields = targets.affinity_fields(people, (20, 30), 1.6)
    expected = reference_fields(people.double().numpy(), (20, 30), 1.6)
    np.testing.assert_allclose(fields, expected, rtol=0, atol=1e-6)


def test_a_square_may_be_given_by_its_side() -> None:
    people = torch.from_numpy(scene(0, 2, 2, (9, 9)))
    for make in (targets.confidence_maps, targets.affinity_fields):
        assert torch.equal(make(people, 9, 1.2), make(people, (9, 9), 1.2))


def test_a_batch_is_computed_like_its_members(monkeypatch: pytest.MonkeyPatch) -> None:
    people = torch.from_numpy(scene(1, 5, 4, (16, 20)))
    maps = targets.confidence_maps(people, (16, 20), 1.6)
    fields = targets.affinity_fields(people, (16, 20), 1.6)
    monkeypatch.setattr(targets, "ROWS_AT_ONCE", 7)
    for index in range(5):
        one = people[index : index + 1]
        assert torch.equal(targets.confidence_maps(one, (16, 20), 1.6)[0], maps[index])
        alone = targets.affinity_fields(one, (16, 20), 1.6)[0]
        torch.testing.assert_close(alone, fields[index], rtol=0, atol=2e-7)


def test_a_field_points_along_its_link_with_y_first() -> None:
    people = nobody()
    start, end = LINKS[3]
    people[0, 0, start] = torch.tensor([2.0, 5.0])
    people[0, 0, end] = torch.tensor([8.0, 5.0])
    fields = targets.affinity_fields(people, 12, 1.0)
    assert fields[0, 6, 5, 5].item() == pytest.approx(0)
    assert fields[0, 7, 5, 5].item() == pytest.approx(1, abs=1e-4)
    others = [channel for channel in range(42) if channel not in (6, 7)]
    assert not fields[0, others].any()


def test_coincident_joints_have_no_field_and_no_nan() -> None:
    people = nobody()
    people[0, 0] = 3.0
    assert not targets.affinity_fields(people, 12, 1.0).any()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_a_joint_that_is_not_finite_leaves_nothing(value: float) -> None:
    people = 11 * torch.rand(1, 1, 18, 2, generator=torch.Generator().manual_seed(0))
    people[0, 0, 0, 0] = value
    assert not targets.confidence_maps(people, 12, 1.0)[0, 0].any()
    fields = targets.affinity_fields(people, 12, 1.0)
    for k, ends in enumerate(LINKS):
        assert bool(fields[0, 2 * k : 2 * k + 2].any()) == (0 not in ends)


def test_people_merge_by_max_and_fields_add() -> None:
    people = nobody(people=2)
    people[0, :] = torch.arange(36).view(18, 2) % 11
    once = people[:, :1]
    assert torch.equal(
        targets.confidence_maps(people, 12, 1.0), targets.confidence_maps(once, 12, 1.0)
    )
    torch.testing.assert_close(
        targets.affinity_fields(people, 12, 1.0), 2 * targets.affinity_fields(once, 12, 1.0)
    )


def random_case(seed: int) -> tuple[tuple[torch.Tensor, torch.Tensor], torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    predicted = (
        torch.rand(2, 18, 12, 10, generator=generator, requires_grad=True),
        torch.rand(2, 42, 12, 10, generator=generator, requires_grad=True),
    )
    return predicted, 10 * torch.rand(2, 2, 18, 2, generator=generator)


def gradients(predicted: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    maps, fields = (prediction.grad for prediction in predicted)
    assert maps is not None
    assert fields is not None
    return maps, fields


def test_an_unmasked_loss_is_the_two_means() -> None:
    predicted, people = random_case(0)
    found = targets.loss(predicted, people, torch.ones(2, 18), torch.ones(2, 12, 10), 1.2)
    maps, fields = (
        targets.confidence_maps(people, (12, 10), 1.2),
        targets.affinity_fields(people, (12, 10), 1.2),
    )
    expected = (predicted[0] - maps).square().mean() + (predicted[1] - fields).square().mean()
    torch.testing.assert_close(found, expected)


@settings(max_examples=40)
@given(
    st.one_of(st.just([]), st.just(list(range(18))), st.lists(st.integers(0, 17), max_size=17)),
    st.lists(st.integers(0, 17), max_size=18),
    st.sampled_from(["known", "unknown", "half"]),
)
def test_gradients_are_finite_and_nothing_masked_is_trained(
    masked: list[int], missing: list[int], region: str
) -> None:
    """A masked joint trains neither its map nor its links' fields; unknown cells train nothing."""
    predicted, people = random_case(1)
    people[1, :, masked] = torch.nan
    people[:, 0, missing] = torch.nan
    weights, known = torch.ones(2, 18), torch.ones(2, 12, 10)
    weights[1, masked] = 0
    known[:, : {"known": 0, "unknown": 12, "half": 6}[region]] = 0
    loss = targets.loss(predicted, people, weights, known, 1.2)
    loss.backward()
    assert torch.isfinite(loss)
    maps, fields = gradients(predicted)
    assert torch.isfinite(maps).all()
    assert torch.isfinite(fields).all()
    trained = torch.ones(2, 18, dtype=torch.bool)
    trained[1, masked] = False
    linked = torch.stack([trained[:, a] & trained[:, b] for a, b in LINKS for _ in "yx"], dim=1)
    assert torch.equal(maps != 0, (trained[..., None, None] & known[:, None].bool()))
    assert torch.equal(fields != 0, (linked[..., None, None] & known[:, None].bool()))


def test_an_unlabelled_joint_that_is_not_masked_is_trained_towards_zero() -> None:
    predicted, people = random_case(2)
    people[:, :, 3] = torch.nan
    targets.loss(predicted, people, torch.ones(2, 18), torch.ones(2, 12, 10), 1.2).backward()
    maps, _ = gradients(predicted)
    torch.testing.assert_close(maps[:, 3], 2 * predicted[0][:, 3].detach() / predicted[0].numel())

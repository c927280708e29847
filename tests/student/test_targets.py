import math

import numpy as np
import pytest
import torch

from posequery.skeletons import JOINTS, LINKS
from posequery.student import targets


def nobody(batch: int = 1, people: int = 1) -> torch.Tensor:
    return torch.full((batch, people, len(JOINTS), 2), torch.nan)


def slow_maps(people: np.ndarray, side: int, sigma: float) -> np.ndarray:
    """trt_pose's definition, cell by cell, its cells centred at + 0.5."""
    maps = np.zeros((len(people), len(JOINTS), side, side))
    reach = int(5 * sigma) // 2
    for b, p, j in np.argwhere(np.isfinite(people).all(-1)):
        x, y = people[b, p, j] + 0.5
        for row in range(max(0, math.floor(y) - reach), min(side, math.floor(y) + reach + 1)):
            for col in range(max(0, math.floor(x) - reach), min(side, math.floor(x) + reach + 1)):
                square = (row + 0.5 - y) ** 2 + (col + 0.5 - x) ** 2
                maps[b, j, row, col] = max(maps[b, j, row, col], math.exp(-square / sigma**2))
    return maps


def slow_fields(people: np.ndarray, side: int, sigma: float) -> np.ndarray:
    fields = np.zeros((len(people), 2 * len(LINKS), side, side))
    for b in range(len(people)):
        for person in people[b]:
            for k, (a, z) in enumerate(LINKS):
                start, end = person[a], person[z]
                if not np.isfinite([start, end]).all():
                    continue
                for row in range(side):
                    for col in range(side):
                        cell = np.array([col, row])
                        span = end - start
                        share = np.clip((cell - start) @ span / max(span @ span, 1e-12), 0, 1)
                        square = np.sum((cell - start - share * span) ** 2)
                        unit = span / (np.linalg.norm(span) + 1e-5)
                        fields[b, 2 * k : 2 * k + 2, row, col] += (
                            math.exp(-square / sigma**2) * unit[::-1]
                        )
    return fields


def test_the_golden_value() -> None:
    """One peak at (0.5, 0.5) of a 64 x 64 map with sigma 1.6, from the compiled original."""
    people = nobody()
    people[0, 0, 0] = 0.5 * 64 - 0.5
    assert targets.confidence_maps(people, 64, 1.6)[0, 0, 31, 31].item() == pytest.approx(
        0.82258, abs=1e-5
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_scene_is_the_slow_ones(seed: int) -> None:
    generator = np.random.default_rng(seed)
    people = generator.uniform(-4, 13, (2, seed, len(JOINTS), 2))
    people[generator.random(people.shape[:3]) < 0.3] = np.nan
    found = torch.from_numpy(people.astype(np.float32))
    maps = targets.confidence_maps(found, 9, 1.2)
    fields = targets.affinity_fields(found, 9, 1.2)
    np.testing.assert_allclose(maps, slow_maps(people, 9, 1.2), atol=1e-5)
    np.testing.assert_allclose(fields, slow_fields(people, 9, 1.2), atol=1e-4)


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
        torch.rand(2, 18, 12, 12, generator=generator, requires_grad=True),
        torch.rand(2, 42, 12, 12, generator=generator, requires_grad=True),
    )
    return predicted, 12 * torch.rand(2, 2, 18, 2, generator=generator)


def test_an_unmasked_loss_is_the_two_means() -> None:
    predicted, people = random_case(0)
    found = targets.loss(predicted, people, torch.ones(2, 18), torch.ones(2, 12, 12), 1.2)
    maps, fields = (
        targets.confidence_maps(people, 12, 1.2),
        targets.affinity_fields(people, 12, 1.2),
    )
    expected = (predicted[0] - maps).square().mean() + (predicted[1] - fields).square().mean()
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("masked", [[0], [17], list(range(5)), list(range(18))])
def test_a_masked_joint_teaches_neither_its_map_nor_the_fields_of_its_links(
    masked: list[int],
) -> None:
    predicted, people = random_case(1)
    people[1, :, masked] = torch.nan
    weights = torch.ones(2, 18)
    weights[1, masked] = 0
    targets.loss(predicted, people, weights, torch.ones(2, 12, 12), 1.2).backward()
    maps, fields = (prediction.grad for prediction in predicted)
    assert maps is not None
    assert fields is not None
    assert torch.isfinite(maps).all()
    assert torch.isfinite(fields).all()
    for joint in range(18):
        assert bool(maps[1, joint].any()) == (joint not in masked)
        assert maps[0, joint].any()
    for k, ends in enumerate(LINKS):
        taught = not set(ends) & set(masked)
        assert bool(fields[1, 2 * k].any()) == bool(fields[1, 2 * k + 1].any()) == taught
        assert fields[0, 2 * k].any()


def test_a_masked_region_teaches_nothing() -> None:
    predicted, people = random_case(2)
    region = torch.ones(2, 12, 12)
    region[0, :6] = 0
    targets.loss(predicted, people, torch.ones(2, 18), region, 1.2).backward()
    for prediction in predicted:
        assert prediction.grad is not None
        assert not prediction.grad[0, :, :6].any()
        assert (prediction.grad[0, :, 6:] != 0).all()

"""The parser compared with a slow reference that follows trt_pose's source, and on known people."""

import itertools
from collections import deque

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from posequery.skeletons import JOINTS, LINKS
from posequery.student import parsing, targets

f32 = np.float32
Person = dict[int, tuple[np.float32, np.float32, np.float32]]


def reference_peaks(cmap: np.ndarray) -> list[tuple[int, int]]:
    height, width = cmap.shape
    peaks = []
    for i, j in itertools.product(range(height), range(width)):
        window = cmap[max(i - 2, 0) : i + 3, max(j - 2, 0) : j + 3]
        if cmap[i, j] >= f32(0.1) and not (window > cmap[i, j]).any() and len(peaks) < 100:
            peaks.append((i, j))
    return peaks


def reference_refined(cmap: np.ndarray, i: int, j: int) -> tuple[np.float32, np.float32]:
    """Row and column as shares of the map's height and width."""
    height, width = cmap.shape
    total = row = column = f32(0)
    for ii, jj in itertools.product(range(i - 2, i + 3), range(j - 2, j + 3)):
        inner_i = -ii if ii < 0 else 2 * height - ii - 2 if ii >= height else ii
        inner_j = -jj if jj < 0 else 2 * width - jj - 2 if jj >= width else jj
        weight = cmap[inner_i, inner_j]
        total, row, column = total + weight, row + weight * f32(ii), column + weight * f32(jj)
    row, column = (row / total, column / total) if total != 0 else (f32(i), f32(j))
    return (row + f32(0.5)) / f32(height), (column + f32(0.5)) / f32(width)


def reference_score(field: np.ndarray, a: tuple, b: tuple) -> np.float32:
    _, height, width = field.shape
    (ai, aj), (bi, bj) = ((p[0] * f32(height), p[1] * f32(width)) for p in (a, b))
    di, dj = bi - ai, bj - aj
    length = f32(float(np.sqrt(di * di + dj * dj)) + 1e-5)
    total = f32(0)
    for t in range(7):
        share = f32(t) / f32(6)
        i, j = int(ai + share * di), int(aj + share * dj)
        if 0 <= i < height and 0 <= j < width:
            total = total + (field[0, i, j] * (di / length) + field[1, i, j] * (dj / length))
    return total / f32(7)


def reference_parse(maps: np.ndarray, fields: np.ndarray) -> list[Person]:
    """The people of one image: joint to row and column as shares, and the map's value there."""
    cells = [reference_peaks(cmap) for cmap in maps]
    refined = [
        [reference_refined(cmap, *peak) for peak in peaks]
        for cmap, peaks in zip(maps, cells, strict=True)
    ]
    linked = []
    for k, (a, b) in enumerate(LINKS):
        field = fields[2 * k : 2 * k + 2]
        scores = np.array([[reference_score(field, p, q) for q in refined[b]] for p in refined[a]])
        pairs = []
        if scores.size:
            for i, j in zip(*linear_sum_assignment(-scores), strict=True):
                if scores[i, j] > f32(0.1):
                    pairs.append((int(i), int(j)))
        linked.append(pairs)
    people: list[Person] = []
    visited = set()
    for joint in range(len(JOINTS)):
        for index in range(len(cells[joint])):
            if (joint, index) in visited or len(people) == 100:
                continue
            person: Person = {}
            queue = deque([(joint, index)])
            while queue:
                node = queue.popleft()
                if node in visited:
                    continue
                visited.add(node)
                here, number = node
                person[here] = (*refined[here][number], maps[(here, *cells[here][number])])
                for (a, b), pairs in zip(LINKS, linked, strict=True):
                    queue.extend((b, j) for i, j in pairs if here == a and i == number)
                    queue.extend((a, i) for i, j in pairs if here == b and j == number)
            people.append(person)
    return people


def assert_same(maps: torch.Tensor, fields: torch.Tensor) -> list[parsing.People]:
    """The parser finds the reference's people, to the last bit."""
    size = np.array(maps.shape[:-3:-1], f32)
    found = parsing.parse(maps, fields)
    assert len(found) == len(maps)
    for people, cmaps, paf in zip(found, maps.numpy(), fields.numpy(), strict=True):
        expected = reference_parse(cmaps, paf)
        joints = np.full((len(expected), 18, 2), np.nan, f32)
        values = np.full((len(expected), 18), np.nan, f32)
        for number, person in enumerate(expected):
            for joint, (row, column, value) in person.items():
                joints[number, joint] = np.array([column, row]) * size - f32(0.5)
                values[number, joint] = value
        np.testing.assert_array_equal(people.joints, joints)
        np.testing.assert_array_equal(people.values, values)
        np.testing.assert_array_equal(people.found, [len(person) for person in expected])
    people, joints = sum(len(p.found) for p in found), sum(p.found.sum() for p in found)
    print(
        f"{len(maps)} images: {people} people, {joints} joints, equal to the reference to the bit"
    )
    return found


def scenes(
    seed: int, batch: int, people: int, size: tuple[int, int], noise: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """At most `people` per image, anywhere and on borders, joints missing or coincident."""
    generator = np.random.default_rng(seed)
    height, width = size
    centres = generator.uniform(-1, 1, (batch, people, 1, 2)) * [width / 2, height / 2]
    limbs = generator.normal(0, [width / 6, height / 6], (batch, people, 18, 2))
    joints = centres + limbs + [width / 2, height / 2]
    joints[generator.random(joints.shape[:3]) < 0.15] = np.nan
    joints[np.arange(people) >= generator.integers(0, people + 1, (batch, 1))] = np.nan
    if people > 1:
        joints[::3, 1, ::2] = joints[::3, 0, ::2]
    points = torch.from_numpy(joints.astype(f32))
    maps = targets.confidence_maps(points, size, 1.6)
    fields = targets.affinity_fields(points, size, 1.6)
    draw = torch.Generator().manual_seed(seed)
    maps += noise * torch.randn(maps.shape, generator=draw)
    fields += noise * torch.randn(fields.shape, generator=draw)
    return maps, fields


@pytest.mark.parametrize("size", [(16, 16), (13, 22)])
@pytest.mark.parametrize(("people", "noise"), [(1, 0), (2, 0.05), (4, 0), (8, 0.02), (8, 0.05)])
def test_a_scene_matches_the_reference(people: int, noise: float, size: tuple[int, int]) -> None:
    assert_same(*scenes(people, 3, people, size, noise))


def test_a_batch_of_64_matches_the_reference() -> None:
    found = assert_same(*scenes(0, 64, 3, (14, 17), 0.02))
    assert {0, 1, 2, 3} <= {len(people.found) for people in found}


def test_a_large_scene_matches_the_reference() -> None:
    assert_same(*scenes(5, 1, 8, (64, 64), 0.02))


def test_plateaus_match_the_reference() -> None:
    """Clipped maps, and maps with few different values, have peaks of several cells."""
    maps, fields = scenes(1, 2, 3, (14, 15), 0)
    assert_same(maps.clamp(max=0.5), fields)
    maps, fields = scenes(2, 2, 3, (14, 15), 0.02)
    found = assert_same(torch.round(maps, decimals=1), fields)
    assert max(len(people.found) for people in found) > 3


@pytest.mark.parametrize("value", [-1.0, 0.0])
def test_empty_maps_have_no_people(value: float) -> None:
    for people in parsing.parse(torch.full((3, 18, 9, 7), value), torch.rand(3, 42, 9, 7)):
        assert people.joints.shape == (0, 18, 2)
        assert people.values.shape == (0, 18)
        assert people.found.shape == (0,)


def test_no_images_give_nothing() -> None:
    assert parsing.parse(torch.zeros(0, 18, 9, 7), torch.zeros(0, 42, 9, 7)) == []


def test_no_more_than_100_peaks_and_people() -> None:
    maps = torch.zeros(2, 18, 12, 13)
    maps[0, 5], maps[0, 7, 4, 4], maps[0, 11, ::4, ::4] = 1, 1, 1
    maps[1, 3, 2, 2], maps[1, 5, 8, 8], maps[1, 17] = 1, 1, 0.1
    fields = torch.rand(2, 42, 12, 13, generator=torch.Generator().manual_seed(0))
    found = assert_same(maps, fields)
    assert [len(people.found) for people in found] == [100, 100]
    assert parsing.find_peaks(maps).counts[0, 5] == 100


def test_a_peak_whose_window_sums_to_zero_stays_in_its_cell() -> None:
    maps = torch.zeros(1, 18, 9, 9)
    maps[0, 4, 3, 6], maps[0, 4, 2, 5] = 0.5, -0.5
    people = assert_same(maps, torch.zeros(1, 42, 9, 9))[0]
    assert people.joints[0, 4].tolist() == [6, 3]


def test_a_single_peak_matches_the_reference() -> None:
    """To the last bit, however few numbers are added."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        maps = torch.zeros(1, 18, 9, 9)
        maps[0, 4, 2:7, 2:7] = torch.rand(5, 5, generator=generator)
        maps[0, 4, 4, 4] = 1
        assert_same(maps, torch.zeros(1, 42, 9, 9))


@pytest.mark.parametrize(("turns", "sign"), [(0, 1), (1, -1), (2, -1), (3, 1)])
def test_points_beyond_the_border_count_as_zero(turns: int, sign: int) -> None:
    """Negative values push two peaks past the map's edge, where their link has no field."""
    maps = torch.zeros(1, 18, 10, 10)
    maps[0, 5, 7:9, 2] = maps[0, 7, 7:9, 7] = torch.tensor([-0.9, 1])
    maps, fields = maps.rot90(turns, (2, 3)), sign * torch.ones(1, 42, 10, 10)
    people = assert_same(maps, fields)[0]
    assert people.found.tolist() == [1, 1]
    maps[maps < 0] = 0
    assert assert_same(maps, fields)[0].found.tolist() == [2]


def test_of_two_peaks_of_a_joint_the_one_farther_from_the_first_peak_is_taken() -> None:
    """Nose - neck - one left shoulder, and nose - eye - ear - another left shoulder."""
    peaks = parsing.Peaks(
        np.arange(12).reshape(6, 2).astype(f32),
        np.arange(6).astype(f32),
        np.bincount([0, 1, 3, 5, 5, 17], minlength=18)[None],
    )
    links = {(0, 1): (0, 1), (1, 3): (1, 2), (3, 5): (2, 3), (17, 0): (5, 0), (17, 5): (5, 4)}
    kinds = np.array([LINKS.index(link) for link in links])
    people = parsing.assemble(peaks, parsing.Links(kinds, *np.array(list(links.values())).T))[0]
    assert people.found.tolist() == [5]
    assert people.values[0, [0, 1, 3, 5, 17]].tolist() == [0, 1, 2, 3, 5]
    assert people.joints[0, 5].tolist() == [6.5, 5.5]


def test_of_two_equally_far_peaks_the_one_over_later_links_is_taken() -> None:
    """Nose - left eye - ear - shoulder - one neck, and the same on the right to another neck."""
    peaks = parsing.Peaks(
        np.zeros((9, 2), f32), np.arange(9).astype(f32), np.bincount([*range(7), 17, 17])[None]
    )
    links = {(0, 1): (0, 1), (0, 2): (0, 2), (1, 3): (1, 3), (2, 4): (2, 4), (3, 5): (3, 5)}
    links |= {(4, 6): (4, 6), (17, 5): (7, 5), (17, 6): (8, 6)}
    for order in (1, -1):
        chosen = dict(list(links.items())[::order])
        kinds = np.array([LINKS.index(link) for link in chosen])
        ends = np.array(list(chosen.values())).T
        people = parsing.assemble(peaks, parsing.Links(kinds, *ends))[0]
        assert people.values[0, :8].tolist() == pytest.approx([*range(7), np.nan], nan_ok=True)
        assert people.values[0, 17] == 8


def test_the_golden_assignment() -> None:
    """From trt_pose's compiled operator, with a threshold of 0.3."""
    scores = np.array([1, 3, 0, 1, 2, 1, 4, 3, 4], f32)
    best = parsing.assign(scores, np.array([[3, 3]]))
    pairs = [divmod(int(place), 3) for place in best if scores[place] > 0.3]
    assert pairs == [(0, 1), (1, 0), (2, 2)]


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=5),
    st.integers(0, 1000),
    st.booleans(),
)
def test_assignments_have_the_highest_sums(
    sizes: list[tuple[int, int]], seed: int, ties: bool
) -> None:
    shapes = np.array([(rows, rows + more) for rows, more in sizes])
    generator = np.random.default_rng(seed)
    scores = generator.normal(0, 1, shapes.prod(axis=1).sum()).astype(f32)
    scores = scores.round() if ties else scores
    best = parsing.assign(scores, shapes)
    start = 0
    for rows, columns in shapes:
        matrix = scores[start : start + rows * columns].reshape(rows, columns)
        places = best[(best >= start) & (best < start + matrix.size)] - start
        start += matrix.size
        assert (places // columns).tolist() == list(range(rows))
        assert len(set(places % columns)) == rows
        sums = [
            sum(float(matrix[row, column]) for row, column in enumerate(chosen))
            for chosen in itertools.permutations(range(columns), int(rows))
        ]
        assert matrix.ravel()[places].sum() == pytest.approx(max(sums), abs=1e-5)


def test_many_pairs_are_assigned_like_few(monkeypatch: pytest.MonkeyPatch) -> None:
    maps, fields = scenes(3, 4, 6, (16, 16), 0.05)
    together = parsing.parse(maps, fields)
    monkeypatch.setattr(parsing, "PAIRS_AT_ONCE", 7)
    for one, other in zip(together, parsing.parse(maps, fields), strict=True):
        np.testing.assert_array_equal(one.joints, other.joints)


@pytest.mark.parametrize("broken", ["maps", "fields"])
def test_what_is_not_finite_is_refused(broken: str) -> None:
    maps, fields = torch.zeros(1, 18, 9, 9), torch.zeros(1, 42, 9, 9)
    maps[0, 5:8, 4, 4] = 1
    {"maps": maps[:, 5, 5, 5], "fields": fields}[broken].fill_(torch.nan)
    with pytest.raises(ValueError, match=f"the {broken} are not finite"):
        parsing.parse(maps, fields)


# x and y as shares of a person's box; every link is at least 0.06 of the box's height long.
STANDING = np.array(
    [
        *([0.5, 0.1], [0.58, 0.04], [0.42, 0.04], [0.68, 0.08], [0.32, 0.08]),
        *([0.75, 0.26], [0.25, 0.26], [0.9, 0.42], [0.1, 0.42], [0.95, 0.58], [0.05, 0.58]),
        *([0.66, 0.56], [0.34, 0.56], [0.7, 0.77], [0.3, 0.77], [0.72, 0.97], [0.28, 0.97]),
        [0.5, 0.22],
    ]
)


@settings(max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(0, 8),
    st.sampled_from([(64, 128), (96, 84)]),
    st.floats(1.2, 1.6),
)
def test_targets_are_parsed_to_the_people_that_made_them(
    seed: int, count: int, size: tuple[int, int], sigma: float
) -> None:
    """Where the same joints are five cells apart, links two cells long, borders two cells away."""
    generator = np.random.default_rng(seed)
    boxes = list(itertools.product(range(0, size[1] - 20, 21), range(0, size[0] - 31, 32)))
    chosen = generator.permutation(len(boxes))[:count]
    people = STANDING * [16, 28] + 2 + generator.uniform(-0.2, 0.2, (len(chosen), 18, 2))
    people += np.array([boxes[place] for place in chosen]).reshape(-1, 1, 2)
    points = torch.from_numpy(people.astype(f32))[None]
    maps = targets.confidence_maps(points, size, sigma)
    found = parsing.parse(maps, targets.affinity_fields(points, size, sigma))[0]
    assert found.found.tolist() == [18] * len(people)
    for person in people:
        away = np.abs(found.joints - person).max(axis=(1, 2))
        assert away.min() < 0.35
        assert (found.values[away.argmin()] > 0.6).all()


def test_a_missing_joint_does_not_split_a_person_who_is_otherwise_connected() -> None:
    people = STANDING * [16, 28] + 2
    people[[13, 0]] = np.nan
    points = torch.from_numpy(people.astype(f32))[None, None]
    maps, fields = (
        targets.confidence_maps(points, 32, 1.6),
        targets.affinity_fields(points, 32, 1.6),
    )
    found = parsing.parse(maps, fields)[0]
    # Without its knee, an ankle is linked to nothing.
    assert found.found.tolist() == [15, 1]
    np.testing.assert_array_equal(np.isnan(found.joints[0, :, 0]), np.isin(range(18), [0, 13, 15]))
    np.testing.assert_array_equal(np.isnan(found.values), np.isnan(found.joints[..., 0]))


class TestNearest:
    def person(self, x: float, *joints: int) -> np.ndarray:
        person = np.full((18, 2), np.nan, f32)
        person[list(joints)] = x, 0
        return person

    def test_the_smallest_mean_distance_over_shared_limb_joints_wins(self) -> None:
        label = self.person(0, 5, 6, 7, 0)
        people = np.stack([self.person(4, 5, 6), self.person(3, 7), self.person(2, 8, 9)])
        np.testing.assert_array_equal(parsing.nearest(people, label), people[1])

    def test_the_face_and_the_neck_do_not_count(self) -> None:
        label = self.person(0, 0, 5, 17)
        people = np.stack([self.person(1, 0, 17), self.person(30, 0, 5)])
        np.testing.assert_array_equal(parsing.nearest(people, label), people[1])

    def test_the_first_of_equals_wins(self) -> None:
        people = np.stack([self.person(9, 5), self.person(1, 5, 6), self.person(-1, 5, 7)])
        found = parsing.nearest(people, self.person(0, 5, 6, 7))
        np.testing.assert_array_equal(found, people[1])

    def test_without_a_person_all_joints_are_nan(self) -> None:
        label = self.person(0, 5, 6)
        for people in (np.empty((0, 18, 2), f32), self.person(1, 7)[None]):
            found = parsing.nearest(people, label)
            assert found.shape == (18, 2)
            assert np.isnan(found).all()

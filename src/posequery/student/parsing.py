"""From maps and fields to several people: trt_pose's parser, for a whole batch at once.

It finds peaks, links between them, and people made of linked peaks (trt_pose/parse/*.cpp). The
arithmetic is float32 in upstream's order, so that a point between two cells falls into the same
cell. Where upstream divides by zero (the map around a peak sums to zero), the peak stays in its
cell; of several equally good assignments, scipy's is used.
"""

from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from posequery.skeletons import JOINTS, LIMBS, LINKS
from posequery.student.decoding import WINDOW

PEAK_THRESHOLD = 0.1
"""Smallest value of a peak."""
LINK_THRESHOLD = 0.1
"""A link's score must exceed this."""
SAMPLES = 7
"""Points of a link at which its field is sampled."""
MOST_PEAKS = 100
"""Per map; later ones, row by row, are dropped."""
MOST_PEOPLE = 100
"""Per image; later ones are dropped."""

PAIRS_AT_ONCE = 1 << 14
"""Keeps what is computed for pairs of peaks in a CPU's cache, however many there are."""

_FROM, _TO = np.array(LINKS).T

_Point = tuple[np.ndarray, np.ndarray]


class Peaks(NamedTuple):
    """The n peaks of b images, in the order of image, joint, row, column."""

    places: np.ndarray
    """(n, 2) float32: refined row and column in cells; the centre of the first cell is 0.5."""
    values: np.ndarray
    """(n,) float32: the maps' values at the peaks."""
    counts: np.ndarray
    """(b, 18): number of peaks of each joint."""


class Links(NamedTuple):
    """The m links found in b images."""

    kinds: np.ndarray
    """(m,) indices into `skeletons.LINKS`."""
    starts: np.ndarray
    """(m,) indices of the peaks where they start."""
    ends: np.ndarray
    """(m,) indices of the peaks where they end."""


class People(NamedTuple):
    """The p people of one image, in the order of their first joint's peak."""

    joints: np.ndarray
    """(p, 18, 2) float32: x and y in cells; the first cell's centre is 0; NaN if not found."""
    values: np.ndarray
    """(p, 18) float32: the maps' values at the joints' peaks, NaN if not found."""
    found: np.ndarray
    """(p,): number of joints found."""


def parse(maps: torch.Tensor, fields: torch.Tensor) -> list[People]:
    """The people of each image of a batch: maps (b, 18, h, w), fields (b, 42, h, w); h, w > 2.

    Raises ValueError for other shapes, and for maps, or fields between two peaks, that are not
    finite.
    """
    size = maps.shape[-2:]
    wanted = (len(maps), len(JOINTS), *size), (len(maps), 2 * len(LINKS), *size)
    if (maps.shape, fields.shape) != wanted or min(size) < 3:
        raise ValueError(f"maps {tuple(maps.shape)} and fields {tuple(fields.shape)}")
    peaks = find_peaks(maps)
    return assemble(peaks, find_links(fields, peaks))


def nearest(people: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The joints (18, 2) of the one of several people (p, 18, 2) to compare with a label (18, 2).

    It is the person with the smallest mean distance to the label over the limb joints that both
    have, or the first of equals. If nobody has any of the label's limb joints, all joints are NaN:
    the labelled person was not found.

    The rule uses the label, since the question is how well the labelled person is detected, not
    which person in the image that is. All cells of a study benefit equally, whereas a rule based on
    the student, such as the highest peaks, would favour whatever makes peaks higher.
    """
    distances = np.linalg.norm(people[:, LIMBS] - reference[LIMBS], axis=2)
    shared = np.isfinite(distances)
    if not shared.any():
        return np.full_like(reference, np.nan)
    totals = distances.sum(axis=1, where=shared)
    means = np.full(len(people), np.inf)
    np.divide(totals, shared.sum(axis=1), out=means, where=shared.any(axis=1))
    return people[means.argmin()]


def find_peaks(maps: torch.Tensor) -> Peaks:
    """Cells of maps (b, 18, h, w) that are not below the threshold, nor below any in their window.

    Each is refined to the centroid of its window, weighted by the map's values. Beyond the border,
    values are mirrored but coordinates are not (find_peaks.cpp, refine_peaks.cpp).
    """
    height, width = size = maps.shape[-2], maps.shape[-1]
    values = maps.detach().float().cpu().contiguous().numpy().ravel()
    if not np.isfinite(values.max(initial=0)):
        raise ValueError("the maps are not finite")
    cells = np.flatnonzero(values >= PEAK_THRESHOLD)
    # The four neighbours rule out nearly all cells, so few windows need to be checked.
    row, column = cells // width % height, cells % width
    adjacent = [cells - (column > 0), cells + (column < width - 1)]
    adjacent += [cells - width * (row > 0), cells + width * (row < height - 1)]
    peaks = values[cells]
    high = np.logical_and.reduce([values.take(neighbours) <= peaks for neighbours in adjacent])
    cells, peaks = cells[high], peaks[high]
    # Mirrored cells are in the window anyway, so they do not change the comparison.
    high = np.logical_and.reduce([values.take(n) <= peaks for n in _window(cells, size)])
    counts = np.bincount(cells[high] // (height * width), minlength=maps[:, :, 0, 0].numel())
    high[high] = _owners(counts)[1] < MOST_PEAKS
    counts = np.minimum(counts, MOST_PEAKS).reshape(-1, len(JOINTS))
    return Peaks(_refined(values, cells[high], size), peaks[high], counts)


def _refined(values: np.ndarray, cells: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    weights = np.stack([values.take(neighbours) for neighbours in _window(cells, size)])
    total = _sum(weights)
    centres = cells // size[1] % size[0], cells % size[1]
    steps = np.divmod(np.arange(WINDOW**2)[:, None], WINDOW)
    places = np.empty((len(cells), 2), np.float32)
    for axis, (centre, step) in enumerate(zip(centres, steps, strict=True)):
        centroid = centre.astype(np.float32)
        moments = weights * (centre + step - WINDOW // 2).astype(np.float32)
        np.divide(_sum(moments), total, out=centroid, where=total != 0)
        # To a share of the map's side and back, as upstream does in float32.
        side = np.float32(size[axis])
        places[:, axis] = (centroid + np.float32(0.5)) / side * side
    return places


def _window(cells: np.ndarray, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """For each place of a window, row by row, the cells at that place, mirrored at the border."""
    height, width = size
    row, column = cells // width % height, cells % width
    steps = np.arange(WINDOW)[:, None] - WINDOW // 2
    starts = cells - column + width * (_mirrored(row + steps, height) - row)
    columns = _mirrored(column + steps, width)
    return (start + along for start, along in product(starts, columns))


def _mirrored(index: np.ndarray, size: int) -> np.ndarray:
    index = np.abs(index)
    return np.where(index < size, index, 2 * size - index - 2)


def find_links(fields: torch.Tensor, peaks: Peaks) -> Links:
    """Links between the peaks of each image: each kind's best assignment without low scores.

    fields (b, 42, h, w). The score of two peaks is the mean over the line between them of the
    field's component in its direction (paf_score_graph.cpp, munkres.cpp).
    """
    values = fields.detach().float().cpu().contiguous().numpy()
    counts = peaks.counts
    image, kind = np.nonzero(counts[:, _FROM] * counts[:, _TO])
    if not len(kind):
        return Links(*np.empty((3, 0), np.intp))
    # The rows of a score matrix are the peaks of the end that has fewer.
    turned = counts[image, _FROM[kind]] > counts[image, _TO[kind]]
    joints = np.where(turned, (_TO[kind], _FROM[kind]), (_FROM[kind], _TO[kind]))
    shapes = counts[image, joints].T
    first = (np.cumsum(counts).reshape(counts.shape) - counts)[image, joints]
    field = image * len(LINKS) + kind
    found = []
    parts = np.cumsum(shapes.prod(axis=1)) // PAIRS_AT_ONCE
    for some in np.split(np.arange(len(kind)), np.flatnonzero(np.diff(parts)) + 1):
        matrix, row, column = _entries(shapes[some])
        matrix = some[matrix]
        pair = first[:, matrix] + (row, column)
        pair = np.where(turned[matrix], pair[::-1], pair)
        (start_y, end_y), (start_x, end_x) = peaks.places.T.take(pair, axis=1)
        scores = _scores(values, field[matrix], (start_y, start_x), (end_y, end_x))
        if not np.isfinite(scores).all():
            raise ValueError("the fields are not finite")
        best = assign(scores, shapes[some])
        best = best[scores[best] > LINK_THRESHOLD]
        found.append(np.stack([kind[matrix[best]], *pair[:, best]]))
    return Links(*np.concatenate(found, axis=1))


def assign(scores: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """The indices into `scores` of the pairs with the highest sum in each of several matrices.

    `scores` holds the matrices one after another, row by row; shapes (g, 2) are their numbers of
    rows and columns, with no more rows than columns, so that each row is assigned a column.
    """
    matrix, _, column = _entries(shapes)
    rows = np.flatnonzero(column == 0)
    highest = np.maximum.reduceat(scores, rows)
    chosen = np.flatnonzero(scores == np.repeat(highest, shapes[matrix[rows], 1]))
    # Where each row has a single highest score, in a column of its own, these are the assignment.
    most = shapes[:, 1].max()
    taken = np.bincount(matrix[chosen] * most + column[chosen], minlength=len(shapes) * most)
    taken = taken.reshape(len(shapes), most)
    contested = (taken.max(axis=1) > 1) | (taken.sum(axis=1) > shapes[:, 0])
    sizes, costs = shapes.prod(axis=1), -scores.astype(np.float64)
    blocks = np.column_stack([np.cumsum(sizes) - sizes, sizes, shapes])
    takers = [np.empty(0, np.intp)]
    for start, size, height, width in blocks[contested].tolist():
        cost = costs[start : start + size].reshape(height, width)
        takers.append(linear_sum_assignment(cost)[1])
    solved = rows[contested[matrix[rows]]] + np.concatenate(takers)
    return np.sort(np.append(chosen[~contested[matrix[chosen]]], solved))


def assemble(peaks: Peaks, links: Links) -> list[People]:
    """Peaks that are linked, directly or indirectly, form a person (connect_parts.cpp).

    Of two peaks of the same joint, the person gets the one that is more links away from their first
    peak (the one that upstream's breadth-first search reaches last).
    """
    count, joints = len(peaks.places), len(JOINTS)
    image, joint = np.divmod(_owners(peaks.counts.ravel())[0], joints)
    starts = np.concatenate([links.starts, links.ends])
    ends = np.concatenate([links.ends, links.starts])
    order = np.lexsort((np.tile(links.kinds, 2), starts))
    rows, ends = np.searchsorted(starts[order], np.arange(count + 2)), ends[order]
    _, label = connected_components(_graph(rows, ends), directed=False)
    _, seeds = np.unique(label[:count], return_index=True)
    seeds, person = np.unique(seeds[label[:count]], return_inverse=True)

    # With a root before all first peaks, a single search covers all people of all images.
    rows[-1] += len(seeds)
    reached = breadth_first_order(
        _graph(rows, np.append(ends, seeds)), count, return_predecessors=False
    )[1:]
    places = np.full((len(seeds), joints, 2), np.nan, np.float32)
    values = np.full((len(seeds), joints), np.nan, np.float32)
    # Of several assignments to the same place, the last one remains.
    places[person[reached], joint[reached]] = peaks.places[reached]
    values[person[reached], joint[reached]] = peaks.values[reached]
    found = np.isfinite(values).sum(axis=1)
    cuts = np.searchsorted(image[seeds], np.arange(len(peaks.counts) + 1))
    parts = [slice(a, min(a + MOST_PEOPLE, b)) for a, b in pairwise(cuts)]
    return [People(places[p, :, ::-1] - np.float32(0.5), values[p], found[p]) for p in parts]


def _graph(rows: np.ndarray, ends: np.ndarray) -> csr_array:
    return csr_array((np.ones(len(ends)), ends, rows), shape=(len(rows) - 1, len(rows) - 1))


def _scores(values: np.ndarray, field: np.ndarray, start: _Point, end: _Point) -> np.ndarray:
    """Scores (n,) of pairs from start to end, each in its field (n,) of `values`."""
    height, width = values.shape[-2:]
    (y, x), (down, right) = start, (end[0] - start[0], end[1] - start[1])
    length = np.sqrt(down * down + right * right)
    length = (length.astype(np.float64) + 1e-5).astype(np.float32)
    share = (np.arange(SAMPLES, dtype=np.float32) / np.float32(SAMPLES - 1))[:, None]
    y, x = y + share * down, x + share * right
    row, column = y.clip(0, height - 1).astype(np.intp), x.clip(0, width - 1).astype(np.intp)
    cell = 2 * field * (height * width) + row * width + column
    flat = values.ravel()
    dots = flat.take(cell) * (down / length) + flat.take(cell + height * width) * (right / length)
    # Hardly any point is beyond the border: checking the four limits first is faster.
    if y.min() <= -1 or x.min() <= -1 or y.max() >= height or x.max() >= width:
        dots[(y <= -1) | (y >= height) | (x <= -1) | (x >= width)] = 0
    return _sum(dots) / np.float32(SAMPLES)


def _sum(terms: np.ndarray) -> np.ndarray:
    """The sum of terms (k, n) over k, one after another as upstream adds; numpy adds in pairs."""
    return sum(terms[1:], start=terms[0])


def _owners(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of `counts` items: its owner, and its number among the owner's items."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner]


def _entries(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Matrix, row and column of each entry of matrices of shapes (g, 2), one after another."""
    matrix, row = _owners(shapes[:, 0])
    of_row, column = _owners(shapes[matrix, 1])
    return matrix[of_row], row[of_row], column

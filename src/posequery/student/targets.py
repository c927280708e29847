"""The training targets, trt_pose's confidence maps and part affinity fields, and its loss.

Points and `sigma` are in cells of the maps; the centre of the top-left cell is (0, 0). A joint that
is not finite leaves no peak and no field for its links.
"""

import math

import numpy as np
import torch

from posequery.skeletons import JOINTS, LINKS

LINK_FROM = torch.tensor([a for a, _ in LINKS])
LINK_TO = torch.tensor([b for _, b in LINKS])

FIELD_EXPONENT = 18.0
"""A field is computed in the rows where it is more than exp(-18) = 1.5e-8 somewhere."""

ROWS_AT_ONCE = 1 << 13
"""Keeps what is computed for the rows of fields in a CPU's cache."""


def confidence_maps(
    people: torch.Tensor, size: int | tuple[int, int], sigma: float
) -> torch.Tensor:
    """Maps (b, 18, h, w) of people (b, p, 18, 2): exp(-d^2 / sigma^2), merged by max.

    `size` is (h, w), or the side of a square. A peak ends int(5 sigma) // 2 cells from the cell
    that contains it (trt_pose, generate_cmap.cpp). The result is float32, as for the fields, on the
    people's device. Raises ValueError for another shape, an empty map, and a `sigma` that is not
    above 0.
    """
    height, width = _required(people, size, sigma)
    batch, joints = people.shape[::2]
    present = torch.isfinite(people).all(-1)
    sample, _, joint = present.nonzero(as_tuple=True)
    x, y = people[present].float()[..., None].unbind(1)
    reach = int(5 * sigma) // 2
    columns = torch.arange(width, device=people.device)
    rows = torch.floor(y + 0.5) + torch.arange(-reach, reach + 1, device=people.device)
    beside = (columns - torch.floor(x + 0.5)).abs() <= reach
    across = torch.exp(-(((columns - x) / sigma) ** 2)).where(beside, 0)
    down = torch.exp(-(((rows - y) / sigma) ** 2)).where((rows >= 0) & (rows < height), 0)
    values = down[:, :, None] * across[:, None]
    place = (sample * joints + joint)[:, None] * height + rows.clamp(0, height - 1).long()
    maps = _zeros((batch * joints * height, width), people.device)
    index = place.view(-1, 1).expand(-1, width)
    maps.scatter_reduce_(0, index, values.view(-1, width), "amax")
    return maps.view(batch, joints, height, width)


def affinity_fields(
    people: torch.Tensor, size: int | tuple[int, int], sigma: float
) -> torch.Tensor:
    """Fields (b, 42, h, w) of people (b, p, 18, 2), summed over people.

    Link k fills channels 2k (y) and 2k + 1 (x) with its unit vector times exp(-d^2 / sigma^2),
    where d is the distance to its segment (trt_pose, generate_paf.cpp); values below 1.5e-8 may be
    dropped. `size` is (h, w), or the side of a square. Raises ValueError as `confidence_maps` does.
    """
    height, width = _required(people, size, sigma)
    batch, links, device = len(people), len(LINKS), people.device
    start, end = people[:, :, LINK_FROM].double(), people[:, :, LINK_TO].double()
    span = end - start
    present = torch.isfinite(span).all(-1)
    sample, _, link = present.nonzero(as_tuple=True)
    start, span = start[present], span[present]
    length = span.norm(dim=1, keepdim=True) + 1e-5
    unit = span / length

    # The rows of cells that a link reaches, each as long as the map is wide. Distances are measured
    # from the middle of the link and of the row, where float32 is most precise.
    reach = sigma * math.sqrt(FIELD_EXPONENT) / unit.norm(dim=1, keepdim=True)
    rows = torch.arange(height, device=device)
    middle = start[:, 1:] + span[:, 1:] / 2
    near = (rows - middle).abs() <= span[:, 1:].abs() / 2 + reach
    which, row = near.nonzero(as_tuple=True)
    x, y = (width - 1) / 2 - start[which, 0], row - start[which, 1]
    (unit_x, unit_y), half = unit[which].T, length[which, 0] / 2
    along, across = unit_x * x + unit_y * y - half, unit_y * x - unit_x * y
    lines = torch.stack([along, across, half, unit_x, unit_y], dim=1).float()
    columns = torch.arange(width, device=device) - (width - 1) / 2
    place = (sample * links + link)[which] * (2 * height) + row

    fields = _zeros((batch * links * 2 * height, width), device)
    for some, there in zip(lines.split(ROWS_AT_ONCE), place.split(ROWS_AT_ONCE), strict=True):
        along, across, half, unit_x, unit_y = some[..., None].unbind(1)
        beyond = (unit_x * columns).add_(along).abs_().sub_(half).clamp_(min=0)
        square = (unit_y * columns).add_(across).square_().addcmul_(beyond, beyond)
        # torch's exp takes three times as long, and far more where the result is close to zero.
        strength = square.mul_(-math.log2(math.e) / sigma**2).exp2_()
        fields.index_add_(0, there, strength * unit_y)
        fields.index_add_(0, there + height, strength.mul_(unit_x))
    return fields.view(batch, 2 * links, height, width)


def _required(people: torch.Tensor, size: int | tuple[int, int], sigma: float) -> tuple[int, int]:
    if people.ndim != 4 or people.shape[2:] != (len(JOINTS), 2) or not people.is_floating_point():
        raise ValueError(f"people: {people.dtype} {tuple(people.shape)}, not (b, p, 18, 2)")
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < 1 or not 0 < sigma < math.inf:
        raise ValueError(f"maps of {height} x {width} cells, with a sigma of {sigma}")
    return height, width


def _zeros(shape: tuple[int, ...], device: torch.device) -> torch.Tensor:
    if device.type == "cpu":
        # numpy asks the kernel for huge pages: a batch's fields take a quarter of the time.
        return torch.from_numpy(np.zeros(shape, np.float32))
    return torch.zeros(shape, device=device)


def field_weights(joint_weights: torch.Tensor) -> torch.Tensor:
    """Weights (b, 42) of the fields from the joints' (b, 18): a link needs both ends."""
    weights = joint_weights[:, LINK_FROM] * joint_weights[:, LINK_TO]
    return weights.repeat_interleave(2, dim=1)


def loss(
    predicted: tuple[torch.Tensor, torch.Tensor],
    people: torch.Tensor,
    joint_weights: torch.Tensor,
    region: torch.Tensor,
    sigma: float,
) -> torch.Tensor:
    """trt_pose's loss: mean(mask (maps - target)^2) + mean(mask (fields - target)^2).

    `predicted` are maps (b, 18, h, w) and fields (b, 42, h, w); people (b, p, 18, 2) are in cells.
    The mask is the product of `region` (b, h, w), 0 in cells whose content is unknown, and
    `joint_weights` (b, 18), 0 for a joint that the sample's source never labels: its map and the
    fields of its links are not trained towards zero.
    """
    height, width = region.shape[1:]
    maps, fields = predicted
    with torch.no_grad():
        region = region[:, None]
        map_mask = joint_weights[..., None, None] * region
        field_mask = field_weights(joint_weights)[..., None, None] * region
        map_target = confidence_maps(people, (height, width), sigma)
        field_target = affinity_fields(people, (height, width), sigma)
    map_loss = (map_mask * (maps - map_target).square()).mean()
    return map_loss + (field_mask * (fields - field_target).square()).mean()

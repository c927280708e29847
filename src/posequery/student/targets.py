"""What the network is taught: trt_pose's confidence maps and part-affinity fields, and its loss.

Points are in cells of the maps, the centre of the top-left cell being (0, 0); `sigma` is in cells
too. A joint that is NaN leaves no peak, nor do the fields of its links.
"""

import torch

from posequery.skeletons import LINKS

LINK_FROM = torch.tensor([a for a, _ in LINKS])
LINK_TO = torch.tensor([b for _, b in LINKS])


def confidence_maps(people: torch.Tensor, side: int, sigma: float) -> torch.Tensor:
    """Maps (b, 18, side, side) of people (b, p, 18, 2): exp(-d^2 / sigma^2), merged by max.

    A peak ends int(5 sigma) // 2 cells from the cell that holds it (trt_pose, generate_cmap.cpp).
    """
    cells = torch.arange(side, dtype=people.dtype, device=people.device)
    reach = int(5 * sigma) // 2
    distance = cells - people[..., None]
    near = (cells - torch.floor(people[..., None] + 0.5)).abs() <= reach
    # A comparison with NaN is false: an unlabelled joint is near no cell.
    falloff = torch.exp(-((distance / sigma) ** 2)).where(near, torch.zeros(()))
    maps = torch.zeros(*people.shape[::2], side, side, dtype=people.dtype, device=people.device)
    for person in range(people.shape[1]):
        x, y = falloff[:, person, :, 0], falloff[:, person, :, 1]
        torch.maximum(maps, y[..., :, None] * x[..., None, :], out=maps)
    return maps


def affinity_fields(people: torch.Tensor, side: int, sigma: float) -> torch.Tensor:
    """Fields (b, 42, side, side) of people (b, p, 18, 2), summed over people.

    Link k fills channels 2k (y) and 2k + 1 (x) with its unit vector times exp(-d^2 / sigma^2), d
    the distance to its segment (trt_pose, generate_paf.cpp).
    """
    batch, links = len(people), len(LINKS)
    start, end = people[:, :, LINK_FROM], people[:, :, LINK_TO]
    sample, person, link = torch.isfinite(start + end).all(-1).nonzero(as_tuple=True)
    start, end = start[sample, person, link], end[sample, person, link]
    length = (end - start).norm(dim=-1, keepdim=True) + 1e-5
    unit = (end - start) / length
    # In units of sigma, so that the exponent needs no division.
    offset = torch.arange(side, dtype=people.dtype, device=people.device) - start[..., None]
    offset = offset / sigma
    x, y = offset[:, 0, None, :], offset[:, 1, :, None]
    unit_x, unit_y = unit[:, 0, None, None], unit[:, 1, None, None]
    along = unit_x * x + unit_y * y
    beyond = along - along.clamp(min=0).minimum(length[..., None] / sigma)
    across = unit_y * x - unit_x * y
    strength = beyond.square_().add_(across.square_()).neg_().exp_()
    fields = torch.zeros(batch * links, 2, side, side, dtype=people.dtype, device=people.device)
    place = sample * links + link
    fields[:, 0].index_add_(0, place, strength * unit_y)
    fields[:, 1].index_add_(0, place, strength * unit_x)
    return fields.view(batch, 2 * links, side, side)


def field_weights(joint_weights: torch.Tensor) -> torch.Tensor:
    """Weights (b, 42) of the fields from those of the joints (b, 18): a link needs both ends."""
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

    `predicted` are maps (b, 18, s, s) and fields (b, 42, s, s); people (b, p, 18, 2) in cells. The
    mask is the product of `region` (b, s, s), 0 in the cells that nothing is known of, and
    `joint_weights` (b, 18), 0 for a joint that the sample's source never labels: its map and the
    fields of its links are not taught to vanish.
    """
    side = region.shape[-1]
    maps, fields = predicted
    with torch.no_grad():
        region = region[:, None]
        map_mask = joint_weights[..., None, None] * region
        field_mask = field_weights(joint_weights)[..., None, None] * region
        map_target = confidence_maps(people, side, sigma)
        field_target = affinity_fields(people, side, sigma)
    map_loss = (map_mask * (maps - map_target).square()).mean()
    return map_loss + (field_mask * (fields - field_target).square()).mean()

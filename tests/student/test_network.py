import pytest
import torch
from torch import nn

from posequery.student.network import NETWORKS, STRIDE, build


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("side", [32, 96])
def test_maps_and_fields_have_a_quarter_of_the_side(name: str, side: int) -> None:
    maps, fields = build(name)(torch.zeros(2, 3, side, side))
    assert maps.shape == (2, 18, side // STRIDE, side // STRIDE)
    assert fields.shape == (2, 42, side // STRIDE, side // STRIDE)


@pytest.mark.parametrize("name", NETWORKS)
def test_words_fix_every_weight(name: str) -> None:
    torch.manual_seed(0)
    first = build(name, "study", 0).state_dict()
    torch.manual_seed(1)
    again, other = build(name, "study", 0).state_dict(), build(name, "study", 1).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", NETWORKS)
def test_drawn_weights_keep_the_signals_size(name: str) -> None:
    images = torch.randn(4, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    network = build(name, "a").train()
    sizes = []
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            module.register_forward_hook(lambda _, __, output: sizes.append(output.std().item()))
    network(images)
    assert 0.3 < min(sizes[:-1])
    assert max(sizes[:-1]) < 3
    # But for the head, which starts near its targets, that are nearly all zero.
    assert sizes[-1] < 0.3


@pytest.mark.parametrize("name", NETWORKS)
def test_every_weight_is_taught(name: str) -> None:
    network = build(name, "a")
    maps, fields = network(torch.rand(2, 3, 64, 64))
    (maps.square().sum() + fields.square().sum()).backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in network.parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_a_brighter_picture_is_the_same_picture(name: str) -> None:
    """But for the border, beyond which there is black."""
    images = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(0))
    stem = build(name, "a").eval().stem
    before, after = stem(images), stem(images + 0.7)
    torch.testing.assert_close(before[..., 1:-1, 1:-1], after[..., 1:-1, 1:-1])


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        build("nonsense")

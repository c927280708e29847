from functools import cache

import pytest
import torch
from torch import nn

from posequery.student.inference import for_inference
from posequery.student.network import build

NAMES = ["resnet18_baseline_att", "resnet50_baseline", "densenet121_baseline_att"]


@cache
def with_random_normalisation(name: str) -> nn.Module:
    """A network whose batch normalisations change their input."""
    random = torch.Generator().manual_seed(0)
    network = build(name, "a")
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low in (
                (module.weight, 0.5),
                (module.bias, -0.5),
                (module.running_mean, -0.5),
                (module.running_var, 0.5),
            ):
                tensor.data = low + torch.rand(tensor.shape, generator=random)
    return network.eval()


@pytest.mark.parametrize("name", NAMES)
def test_the_copy_gives_the_same_output(name: str) -> None:
    network = with_random_normalisation(name)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    fast = for_inference(network)
    with torch.inference_mode():
        expected, found, again = network(images), fast(images), fast(images)
        given = images.to(memory_format=torch.channels_last)
        channels_last = fast(given)
    for plain, one, two, three in zip(expected, found, again, channels_last, strict=True):
        scale = plain.abs().max()
        torch.testing.assert_close(one / scale, plain / scale, rtol=0, atol=1e-4)
        torch.testing.assert_close(three / scale, plain / scale, rtol=0, atol=1e-4)
        assert torch.equal(one, two)
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[key]) for key, value in before.items())


@pytest.mark.parametrize("name", NAMES)
def test_no_normalisation_that_can_be_folded_is_left(name: str) -> None:
    left = [
        key
        for key, module in for_inference(with_random_normalisation(name)).named_modules()
        if isinstance(module, nn.BatchNorm2d)
    ]
    # In a DenseNet, an activation lies between a normalisation and what follows it.
    ends = (".norm1", ".norm", ".norm5")
    assert all("denseblock" in key or "transition" in key or "norm5" in key for key in left)
    assert all(key.endswith(ends) for key in left)
    assert len(left) == (58 + 3 + 1 if "densenet" in name else 0)


def test_the_copy_cannot_be_trained() -> None:
    network = build(NAMES[0], "a").train()
    fast = for_inference(network)
    assert not fast.training and network.training
    assert not any(parameter.requires_grad for parameter in fast.parameters())


def test_small_networks_stay_as_they_are() -> None:
    network = build("densenet_small", "a")
    assert for_inference(network) is network

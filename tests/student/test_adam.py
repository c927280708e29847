import pytest
import torch
from torch import nn

from posequery.student.adam import Adam


def test_it_equals_torch_optims_adam() -> None:
    learning_rate = 1e-2
    generator = torch.Generator().manual_seed(0)
    shapes = [(4, 3, 3, 3), (7,), (2, 5)]
    ours = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]
    theirs = [nn.Parameter(parameter.detach().clone()) for parameter in ours]
    # As on a GPU, where gradients have the memory layout of the weights.
    ours[0].data = ours[0].data.contiguous(memory_format=torch.channels_last)
    adam, reference = Adam(ours), torch.optim.Adam(theirs, lr=learning_rate)
    for _ in range(20):
        for mine, yours in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(mine.shape, generator=generator)
            yours.grad = mine.grad.clone()
        adam.step(learning_rate)
        reference.step()
    for mine, yours in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, yours, rtol=1e-5, atol=1e-6)
        assert mine.grad is None


def test_unused_parameters_do_not_change() -> None:
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))
    adam = Adam([unused, used])
    for _ in range(3):
        used.square().sum().backward()
        adam.step(0.1)
    assert torch.equal(unused, torch.ones(3))
    assert (used < 1).all()


def test_another_optimiser_continues_from_its_state() -> None:
    def descend(parameter: nn.Parameter, adam: Adam, steps: int) -> None:
        for _ in range(steps):
            parameter.square().sum().backward()
            adam.step(0.1)

    whole = nn.Parameter(torch.tensor([1.0, -2.0]))
    descend(whole, Adam([whole]), 6)
    half = nn.Parameter(torch.tensor([1.0, -2.0]))
    first = Adam([half])
    descend(half, first, 3)
    second = Adam([half])
    second.load_state_dict(first.state_dict())
    descend(half, second, 3)
    assert torch.equal(half, whole)


def test_a_broken_state_changes_nothing() -> None:
    parameter = nn.Parameter(torch.ones(2))
    adam = Adam([parameter])
    before = {key: torch.as_tensor(value).clone() for key, value in adam.state_dict().items()}
    with pytest.raises(KeyError):
        adam.load_state_dict({"steps": 3, "mean": torch.ones(2)})
    for key, value in adam.state_dict().items():
        assert torch.equal(torch.as_tensor(value), before[key])

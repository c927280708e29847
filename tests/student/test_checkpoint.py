import os
from pathlib import Path
from typing import Any

import pytest
import torch

from posequery.files import BadInput
from posequery.student import checkpoint
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.network import NETWORKS, build


def written(path: Path, **changes: Any) -> Path:
    """A good checkpoint, but for `changes` of what it says."""
    checkpoint.save(path, build("densenet_small", "a"), CheckpointInfo("densenet_small", 96))
    content = torch.load(path, weights_only=True)
    torch.save({**content, **changes}, path)
    return path


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_saved_is_loaded(tmp_path: Path, name: str) -> None:
    network = build(name, "a").to(memory_format=torch.channels_last)
    checkpoint.save(tmp_path / "a.pt", network, CheckpointInfo(name, 128))
    loaded, info = checkpoint.load(tmp_path / "a.pt")
    assert info == CheckpointInfo(name, 128)
    assert not loaded.training
    expected = network.state_dict()
    assert loaded.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in loaded.state_dict().items())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such checkpoint"):
        checkpoint.load(tmp_path / "a.pt")


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    path = written(tmp_path / "a.pt")
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(BadInput, match="a.pt: is truncated or no checkpoint"):
        checkpoint.load(path)


class Code:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.marker),)


def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path) -> None:
    path, marker = tmp_path / "a.pt", tmp_path / "ran"
    torch.save({"network": Code(marker)}, path)
    with pytest.raises(BadInput, match="could run code"):
        checkpoint.load(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"network": "resnet1000"}, "unknown network 'resnet1000'"),
        ({"network": "densenet_wide"}, "not those of densenet_wide"),
        ({"joints": ["nose"]}, "is of 1 joints"),
        ({"weights": {}}, "not those of densenet_small"),
    ],
)
def test_another_networks_file_is_refused(
    tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(BadInput, match=fault):
        checkpoint.load(written(tmp_path / "a.pt", **changes))


def test_a_bare_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save(build("densenet_small").state_dict(), tmp_path / "a.pt")
    with pytest.raises(BadInput, match="not of posequery"):
        checkpoint.load(tmp_path / "a.pt")
    torch.save(torch.zeros(3), tmp_path / "b.pt")
    with pytest.raises(BadInput, match="not of posequery"):
        checkpoint.load(tmp_path / "b.pt")

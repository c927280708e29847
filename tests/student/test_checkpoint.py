import os
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from posequery.jobs.files import BadInput
from posequery.student import checkpoint
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.network import build


def written(path: Path, **changes: Any) -> Path:
    """A valid checkpoint, apart from `changes` to its content."""
    checkpoint.save(
        path, build("densenet_small", "a"), CheckpointInfo("densenet_small", 96, "student")
    )
    content = torch.load(path, weights_only=True)
    torch.save({**content, **changes}, path)
    return path


@pytest.mark.parametrize("name", ["densenet_small", "densenet_wide", "resnet18_baseline_att"])
def test_what_is_saved_is_loaded(tmp_path: Path, name: str) -> None:
    network = build(name, "a").to(memory_format=torch.channels_last)
    checkpoint.save(tmp_path / "a.pt", network, CheckpointInfo(name, 128, "student"))
    loaded, info = checkpoint.load(tmp_path / "a.pt")
    assert info == CheckpointInfo(name, 128, "student")
    assert not loaded.training
    expected = network.state_dict()
    assert loaded.state_dict().keys() == expected.keys()
    assert all(torch.equal(value, expected[key]) for key, value in loaded.state_dict().items())


def test_what_torch_says_of_a_file_does_not_come_before_the_error(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(pickle.dumps({"network": "a"}, protocol=4))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with pytest.raises(BadInput):
            checkpoint.load(tmp_path / "a.pt")
    assert not said


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such checkpoint"):
        checkpoint.load(tmp_path / "a.pt")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0, 0.001, 0.03, 0.3, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float, zipped: bool) -> None:
    path = written(tmp_path / "a.pt")
    content = torch.load(path, weights_only=True)
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(BadInput, match="a.pt: is truncated or not a checkpoint"):
        checkpoint.load(path)


@pytest.mark.parametrize("content", [b"no such thing", b"\x80\x02" + bytes(50), bytes(1000)])
def test_any_other_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pt").write_bytes(content)
    with pytest.raises(BadInput, match="a.pt: is truncated or not a checkpoint"):
        checkpoint.load(tmp_path / "a.pt")


def test_a_file_that_would_unpack_to_any_size_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pt")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data/999", bytes(10_000_000))
    with pytest.raises(BadInput, match="a.pt: is compressed"):
        checkpoint.load(path)


class Code:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_is_refused_and_not_run(tmp_path: Path, zipped: bool) -> None:
    path, marker = tmp_path / "a.pt", tmp_path / "ran"
    torch.save({"network": Code(marker)}, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(BadInput, match="could run code"):
        checkpoint.load(path)
    assert not marker.exists()


def weights(**changes: Any) -> dict[str, Any]:
    """Valid weights, apart from `changes` to single entries; None removes an entry."""
    changed = {**build("densenet_small", "a").state_dict(), "head.bias": changes["head_bias"]}
    return {key: value for key, value in changed.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"network": "resnet1000"}, "unknown network 'resnet1000'"),
        ({"network": ["densenet_small"]}, "not one written by posequery"),
        ({"network": "densenet_wide"}, "its weights do not fit densenet_wide"),
        ({"joints": ["nose"]}, "has 1 joints, not the student's"),
        ({"joints": 18}, "not one written by posequery"),
        ({"weights": {}}, "holds no named weights"),
        ({"weights": {"head.bias": 3}}, "its entry 'head.bias' is not a named dense tensor"),
        ({"weights": {7: torch.zeros(60)}}, "its entry 7 is not a named dense tensor"),
        ({"weights": weights(head_bias=torch.eye(3).to_sparse())}, "not a named dense tensor"),
        *(
            ({"input_size": size}, f"states an input of {size} pixels, which densenet_small cannot")
            for size in (0, -96, 1, 8, 17, 33, 97, 98, 100, 10_016, 10**6, 2**63, True)
        ),
        (
            {"weights": weights(head_bias=torch.zeros(60, device="meta"))},
            "not a named dense tensor",
        ),
        ({"weights": weights(head_bias=None)}, "head.bias is missing"),
        ({"weights": weights(head_bias=torch.zeros(59))}, r"float32 \(59,\), not float32 \(60,\)"),
        ({"weights": weights(head_bias=torch.zeros(60).half())}, "float16"),
        ({"weights": weights(head_bias=torch.full((60,), torch.nan))}, "not finite"),
        ({"weights": weights(head_bias=torch.full((60,), torch.inf))}, "not finite"),
        ({"weights": {**weights(head_bias=torch.zeros(60)), "a": torch.ones(1)}}, "unexpected"),
    ],
)
def test_another_networks_file_is_refused(
    tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(BadInput, match=fault):
        checkpoint.load(written(tmp_path / "a.pt", **changes))


@pytest.mark.parametrize("size", [0, -96, 100, 10**6])
def test_a_size_that_no_network_takes_is_refused_whatever_the_sum(
    tmp_path: Path, size: int
) -> None:
    """Convolutions failed on it, or found joints of maps that are no quarter of their input."""
    info = CheckpointInfo("densenet_small", size, "student")
    checkpoint.save(tmp_path / "a.pt", build("densenet_small", "a"), info)
    with pytest.raises(BadInput, match=f"a.pt: states an input of {size} pixels"):
        checkpoint.load(tmp_path / "a.pt")


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_nested_tensor_is_refused(tmp_path: Path) -> None:
    """Its layout is the dense ones', but it has no shape, and comparing that was a traceback."""
    nested = weights(head_bias=torch.nested.nested_tensor([torch.zeros(60)]))
    with pytest.raises(BadInput, match=r"'head\.bias' is not a named dense tensor"):
        checkpoint.load(written(tmp_path / "a.pt", weights=nested))


def test_a_bare_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save(build("densenet_small").state_dict(), tmp_path / "a.pt")
    with pytest.raises(BadInput, match="not one written by posequery"):
        checkpoint.load(tmp_path / "a.pt")
    torch.save(torch.zeros(3), tmp_path / "b.pt")
    with pytest.raises(BadInput, match="not one written by posequery"):
        checkpoint.load(tmp_path / "b.pt")


def test_no_two_weights_share_their_memory(tmp_path: Path) -> None:
    one = torch.ones(1).expand(60)
    shared = weights(head_bias=one)
    digest = checkpoint._sum(CheckpointInfo("densenet_small", 96, "student"), shared)
    loaded, _ = checkpoint.load(written(tmp_path / "a.pt", weights=shared, sha256=digest))
    with torch.no_grad():
        loaded.head.bias[0] = 7
    assert loaded.head.bias.detach().sum() == 7 + 59


def test_a_checkpoint_is_for_one_input_size(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pt")
    assert checkpoint.load(path, input_size=96)[1].input_size == 96
    with pytest.raises(BadInput, match="trained at 96 pixels, but the clips have 80"):
        checkpoint.load(path, input_size=80)


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    network = build("densenet_small", "a")
    info = checkpoint.CheckpointInfo("densenet_small", 96, "student")
    for name in ("one", "two"):
        checkpoint.save(tmp_path / f"{name}.pt", network, info)
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "two.pt").read_bytes()


def test_a_flipped_bit_in_the_weights_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    info = checkpoint.CheckpointInfo("densenet_small", 96, "student")
    network = build("densenet_small", "a")
    checkpoint.save(path, network, info)
    content = bytearray(path.read_bytes())
    place = content.index(network.stem[0].weight.detach().numpy().tobytes()[:64])
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.pt: is damaged: .* does not match its checksum"):
        checkpoint.load(path)


def test_weights_that_are_not_those_of_the_sum_are_refused(tmp_path: Path, tried) -> None:
    """However well the file's own sums fit: torch reads a file by other parts of it than zip."""
    changed = weights(head_bias=torch.full((60,), 0.5))
    with pytest.raises(BadInput, match=r"is not as it was written \(its sum differs\)"):
        checkpoint.load(written(tmp_path / "a.pt", weights=changed))
    with pytest.raises(BadInput, match="its sum differs"):
        checkpoint.load(written(tmp_path / "b.pt", input_size=128))
    content = torch.load(written(tmp_path / "c.pt"), weights_only=True)
    del content["sha256"]
    torch.save(content, tmp_path / "c.pt")
    with pytest.raises(BadInput, match="an older version wrote none"):
        checkpoint.load(tmp_path / "c.pt")
    tried("5", "weights, or their size, other than a checkpoint's sum says", {"refused": 3})


def test_a_checkpoint_that_does_not_say_whose_weights_it_holds_is_older(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pt", of=None)
    with pytest.raises(BadInput, match=r"a\.pt: does not say whose weights .* older version"):
        checkpoint.load(path)


def test_weights_of_another_network_of_the_study_are_refused(tmp_path: Path) -> None:
    folder = "online/ground_truth/uniform/1pct/seed0"
    for of in ("student", "teacher_network", folder):
        info = CheckpointInfo("densenet_small", 96, of)
        checkpoint.save(tmp_path / "a.pt", build("densenet_small", "a"), info)
        assert checkpoint.load(tmp_path / "a.pt")[1].of == of
        if of == "student":
            checkpoint.load(tmp_path / "a.pt", of=checkpoint.STUDENT)
            continue
        with pytest.raises(BadInput, match=rf"a\.pt: holds the weights of {of}, not of student"):
            checkpoint.load(tmp_path / "a.pt", of=checkpoint.STUDENT)


@pytest.mark.parametrize("device", ["gpu", "cuda:0", "CPU", ""])
def test_a_word_that_is_no_device_is_refused(device: str) -> None:
    with pytest.raises(BadInput, match=f"device={device}: is no device"):
        checkpoint.require_device(device)

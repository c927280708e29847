import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from posequery.jobs.files import BadInput
from posequery.student import checkpoint, upstream
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.network import build

DENSENET, RESNET = "densenet121_baseline_att", "resnet18_baseline_att"

State = dict[str, torch.Tensor]


def state(name: str, prefix: str = "") -> State:
    """A state dict of that network, or of a part of it, that takes hardly any space in a file.

    Each tensor repeats a single number, a different one for each.
    """
    shapes = build(name).state_dict()
    return {
        key.removeprefix(prefix): torch.tensor(place / 1000).to(value.dtype).expand(value.shape)
        for place, (key, value) in enumerate(shapes.items())
        if key.startswith(prefix)
    }


def saved(path: Path, content: Any, zipped: bool = True) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    return path


def same(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def older(key: str) -> str:
    """Torchvision's spelling until 2018."""
    return re.sub(r"(denselayer\d+)\.(norm|conv)([12])\.", r"\1.\2.\3.", key)


def without(given: State, pattern: str) -> State:
    return {key: value for key, value in given.items() if not re.search(pattern, key)}


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", [DENSENET, RESNET, "resnet50_baseline", "densenet_small"])
def test_a_published_file_is_loaded_strictly(tmp_path: Path, name: str, zipped: bool) -> None:
    expected = state(name)
    weights, notes = upstream.load(saved(tmp_path / "a.pth", expected, zipped), name)
    assert same(weights, expected) and notes == []
    build(name).load_state_dict(weights, strict=True, assign=True)


VARIANTS: dict[str, tuple[Callable[[State], State], str, list[str]]] = {
    # what is done to the file, what becomes 0, what is reported
    "older spelling": (
        lambda given: {older(key): value for key, value in given.items()},
        "no weight",
        ["696 keys are in torchvision's older spelling"],
    ),
    "no counters": (
        lambda given: without(given, "num_batches_tracked"),
        "num_batches_tracked",
        ["127 x num_batches_tracked is missing"],
    ),
    "no classifier": (
        lambda given: without(given, "classifier"),
        "classifier",
        ["0.densenet.classifier.bias, 0.densenet.classifier.weight is missing"],
    ),
    "DataParallel": (
        lambda given: {f"module.{key}": value for key, value in given.items()},
        "no weight",
        ["prefix 'module.'"],
    ),
    "all of them": (
        lambda given: {
            f"module.{older(key)}": value
            for key, value in without(given, "num_batches_tracked|classifier").items()
        },
        "num_batches_tracked|classifier",
        ["prefix 'module.'", "older spelling", "num_batches_tracked", "classifier"],
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_other_spellings_are_accepted_and_reported(tmp_path: Path, variant: str) -> None:
    change, zero, reported = VARIANTS[variant]
    expected = {
        key: torch.zeros_like(value) if re.search(zero, key) else value
        for key, value in state(DENSENET).items()
    }
    path = saved(tmp_path / "a.pth", change(state(DENSENET)))
    weights, notes = upstream.load(path, DENSENET)
    assert same(weights, expected)
    assert len(notes) == len(reported)
    assert all(part in note for part, note in zip(reported, notes, strict=True))


def test_a_resnet_without_its_classifier_is_accepted_and_reported(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", without(state(RESNET), r"\.fc\."))
    weights, notes = upstream.load(path, RESNET)
    assert not weights["0.resnet.fc.weight"].any()
    assert notes == [
        "0.resnet.fc.bias, 0.resnet.fc.weight is missing: unused, so set to 0",
    ]


def with_outputs(count: int, branch: str) -> State:
    given = state(DENSENET)
    for part in ("weight", "bias"):
        key = f"1.{branch}_conv.{part}"
        given[key] = given[key][:1].expand(count, *given[key].shape[1:])
    return given


BIAS = "1.cmap_up.0.bias"

REFUSALS: dict[str, tuple[Callable[[], Any], str]] = {
    "a deeper network": (lambda: state("densenet169_baseline_att"), "holds densenet169_baseline_a"),
    "another head": (lambda: state("densenet121_baseline"), "holds densenet121_baseline, not den"),
    "another family": (lambda: state(RESNET), f"holds {RESNET}, not {DENSENET}"),
    "a deeper one, older": (
        lambda: {
            older(key): value
            for key, value in without(state("densenet201_baseline"), "num_batches|class").items()
        },
        f"holds densenet201_baseline, not {DENSENET}",
    ),
    "a deeper one of 17 maps": (
        lambda: {
            key: value[:17] if key.startswith("1.cmap_conv") else value
            for key, value in state("densenet169_baseline_att").items()
        },
        "holds densenet169_baseline_att",
    ),
    "a backbone": (
        lambda: state(DENSENET, "0.densenet."),
        "holds the backbone densenet121 alone",
    ),
    "17 maps": (lambda: with_outputs(17, "cmap"), "has 17 maps, not 18"),
    "38 fields": (lambda: with_outputs(38, "paf"), "has 38 field channels, not 42"),
    "a lost weight": (lambda: without(state(DENSENET), BIAS), f"{BIAS} is missing"),
    "one too many": (lambda: {**state(DENSENET), "a": torch.ones(1)}, "'a' is unexpected"),
    "twice": (
        lambda: {**state(DENSENET), **{older(k): v for k, v in state(DENSENET).items()}},
        "twice",
    ),
    "another shape": (
        lambda: {**state(DENSENET), BIAS: torch.ones(255)},
        rf"{BIAS} is float32 \(255,\), not float32 \(256,\)",
    ),
    "a scalar for outputs": (
        lambda: {**state(DENSENET), "1.cmap_conv.bias": torch.ones(())},
        r"is float32 \(\), not float32 \(18,\)",
    ),
    "half precision": (
        lambda: {**state(DENSENET), BIAS: torch.ones(256).half()},
        "is float16",
    ),
    "not a number": (
        lambda: {**state(DENSENET), BIAS: torch.full((256,), torch.nan)},
        f"{BIAS} holds a number that is not finite",
    ),
    "a training's state": (
        lambda: {"epoch": 3, "state_dict": state(DENSENET)},
        "its entry 'epoch' is not a named dense tensor",
    ),
    "a list": (lambda: [torch.ones(3)], "holds no named weights"),
    "nothing": (dict, "holds no named weights"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_any_other_file_is_refused(tmp_path: Path, case: str) -> None:
    make, fault = REFUSALS[case]
    path = saved(tmp_path / "a.pth", make())
    with pytest.raises(BadInput, match=f"a.pth: .*{fault}"):
        upstream.load(path, DENSENET)


def test_a_truncated_file_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", state(RESNET), zipped=False)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInput, match="a.pth: is truncated or not a checkpoint"):
        upstream.load(path, RESNET)
    with pytest.raises(BadInput, match="b.pth: there is no such checkpoint"):
        upstream.load(tmp_path / "b.pth", RESNET)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(("name", "prefix"), [(DENSENET, "0.densenet."), (RESNET, "0.resnet.")])
def test_imagenets_weights_go_into_the_backbone(
    tmp_path: Path, name: str, prefix: str, old: bool
) -> None:
    given = state(name, prefix)
    if old:
        given = {older(key): v for key, v in without(given, "num_batches_tracked").items()}
    network = build(name, "a")
    head = {key: value.clone() for key, value in network[1].state_dict().items()}
    notes = upstream.load_backbone(network, saved(tmp_path / "a.pth", given))
    found = without(network.state_dict(), r"^1\.|num_batches_tracked")
    assert same(found, without(state(name), r"^1\.|num_batches_tracked"))
    assert same(network[1].state_dict(), head)
    assert len(notes) == old * (2 if "densenet" in name else 1)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (lambda: state("resnet34_baseline", "0.resnet."), "backbone resnet34 alone, not the backb"),
        (lambda: state(DENSENET, "0.densenet."), "holds the backbone densenet121 alone"),
        (lambda: state(RESNET), f"holds {RESNET}, not the backbone resnet18 alone"),
        (lambda: without(state(RESNET, "0.resnet."), r"layer2\.0\.conv1"), "conv1.weight is miss"),
        (
            lambda: {**state(RESNET, "0.resnet."), "bn1.bias": torch.full((64,), torch.inf)},
            "finite",
        ),
    ],
)
def test_other_backbones_are_refused_and_change_nothing(
    tmp_path: Path, content: Callable[[], State], fault: str
) -> None:
    network = build(RESNET, "a")
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(BadInput, match=f"a.pth: .*{fault}"):
        upstream.load_backbone(network, saved(tmp_path / "a.pth", content()))
    assert same(network.state_dict(), before)


def test_a_network_without_a_backbone_accepts_none(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", state(RESNET, "0.resnet."))
    with pytest.raises(BadInput, match="but this network has none"):
        upstream.load_backbone(build("densenet_small", "a"), path)


def imported(monkeypatch: pytest.MonkeyPatch, source: Path, name: str, size: int) -> Path:
    output = source.with_name("imported.pt")
    script = Path(__file__).parents[2] / "scripts/import_checkpoint.py"
    words = ["--checkpoint", source, "--network", name, "--input-size", size, "--output", output]
    monkeypatch.setattr("sys.argv", [str(script), *map(str, words)])
    runpy.run_path(str(script), run_name="__main__")
    return output


def test_the_script_accepts_a_published_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = saved(tmp_path / "a.pth", without(state(RESNET), r"\.fc\."))
    output = imported(monkeypatch, source, RESNET, 224)
    assert "a.pth: 0.resnet.fc.bias, 0.resnet.fc.weight is missing" in capsys.readouterr().err
    network, info = checkpoint.load(output, input_size=224)
    assert info == CheckpointInfo(RESNET, 224, "student") and not network.training
    assert same(without(network.state_dict(), "fc"), without(state(RESNET), "fc"))


def test_the_script_accepts_a_posequery_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, network = tmp_path / "a.pt", build("densenet_small", "a")
    checkpoint.save(source, network, CheckpointInfo("densenet_small", 96, "student"))
    output = imported(monkeypatch, source, "densenet_small", 96)
    loaded, info = checkpoint.load(output)
    assert info == CheckpointInfo("densenet_small", 96, "student")
    assert same(loaded.state_dict(), network.state_dict())
    output.unlink()
    for name, size, fault in (
        ("densenet_small", 80, "was trained at 96 pixels"),
        ("densenet_wide", 96, "holds densenet_small, not densenet_wide"),
    ):
        with pytest.raises(SystemExit):
            imported(monkeypatch, source, name, size)
        assert fault in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_weights_that_can_only_give_nonsense_are_refused(tmp_path: Path) -> None:
    given = build("resnet18_baseline", "a").state_dict()
    key = "0.resnet.layer1.0.bn1.running_var"
    path = saved(tmp_path / "below.pth", given | {key: -given[key]})
    with pytest.raises(BadInput, match=rf"{key} holds a negative variance"):
        upstream.load_any(path, "resnet18_baseline", 64)
    huge = {
        name: value * 1e30 if name.endswith("weight") and value.ndim == 4 else value
        for name, value in given.items()
    }
    path = saved(tmp_path / "huge.pth", huge)
    with pytest.raises(BadInput, match="gives maps that are not finite"):
        upstream.load_any(path, "resnet18_baseline", 64)

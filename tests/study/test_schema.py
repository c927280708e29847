"""The schema is strict, says everything at once, and documents itself."""

import json
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from posequery.cell import parse_rate_slug, rate_slug
from posequery.jobs.files import BadInput
from posequery.study import grid
from posequery.study.clips import clips, require_sources
from posequery.study.identity import (
    confirmation,
    note_protocol,
    refuse_changed_protocol,
    refuse_older_layout,
    restriction,
)
from posequery.study.loading import load_study
from posequery.study.readings import captions
from posequery.study.reference import reference
from posequery.study.schema import Study, protocol, sections

CONFIG = Path(__file__).parents[2] / "config"


def write(folder: Path, text: str) -> str:
    (folder / "mine.yaml").write_text(text)
    return str(folder / "mine.yaml")


RENDERED = "source: {kind: rendered}\nteachers: [ground_truth]\n"


def fault(folder: Path, text: str) -> str:
    with pytest.raises(BadInput) as error:
        load_study(write(folder, text), {}, CONFIG)
    assert str(folder / "mine.yaml") in str(error.value)
    return str(error.value)


def test_every_fault_is_told_at_once_with_the_nearest_key(tmp_path: Path) -> None:
    told = fault(
        tmp_path,
        RENDERED + "onlin: {}\ntraining: {epoch: 3, learning_rate: fast}\nseeds: []\n"
        "strategies: [unifrom]\nonline: {rates: [120%], window: 30 minutes}\n",
    )
    for expected in (
        "unknown key 'onlin': did you mean 'online'?",
        "unknown key 'training.epoch': did you mean 'epochs'?",
        "training.learning_rate",
        "seeds",
        "no strategy is called 'unifrom': did you mean 'uniform'?",
        "at most 100 %, not 120%",
        "'30 minutes' is not a stretch of a stream",
    ):
        assert expected in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("online: {window: 50 frames}\n", "a rate of 1% selects nothing from a window of 50"),
        (
            "online: {window: 0 frames}\n",
            "'0 frames' is not a stretch of a stream: it has no frames",
        ),
        ("online: {first_frames: 0 s}\n", "'0 s' is not a stretch of a stream: it has no frames"),
        ("online: {training_takes: 7.64 s}\n", "write it in the unit of window, frames"),
        ("online: {window: 30}\n", "online.window: '30' has no unit: write '30 frames' or '30 s'"),
        ("online: {first_frames: '1.5'}\n", "'1.5' has no unit: write '1.5 frames' or '1.5 s'"),
        (
            "online: {window: 1 frame, methods: [baseline], rates: [5%]}\n",
            "a rate of 5% selects nothing from a window of 1 frame; take a rate of 100% or more",
        ),
        (
            "online: {window: 2.5 s, training_takes: 3.5 s, methods: [baseline]}\n",
            "training_takes: 3.5 s is longer than window, 2.5 s, but only one training runs",
        ),
        (
            "strategies: [random]\nonline: {forgetting: true}\n",
            "online.forgetting: it is measured of uniform alone, which is not among",
        ),
        ("online: {training_takes: -1}\n", "'-1' is not a stretch of a stream: write"),
        (
            "online: {training_takes: 129 frames}\n",
            "129 frames is longer than continual_every, 128 frames, but only one training runs",
        ),
        (
            "online: {training_takes: 31 s, window: 30 s, methods: [once]}\n",
            "31 s is longer than window, 30 s",
        ),
        (
            "online: {clock: jetson_xavier_nx}\n",
            "the profile jetson_xavier_nx is of densenet121_baseline_att at 256 pixels, and says",
        ),
        ("online: {clock: jetson_xavier}\n", "did you mean 'jetson_xavier_nx'?"),
        (
            "online: {clock: measured}\n",
            "clock: measured goes with overrun: skipped, queued or stopped, or meanwhile: missed",
        ),
        (
            "online: {clock: jetson_xavier_nx, training_takes: 8 frames}\n",
            "training_takes: goes with clock: ideal, not jetson_xavier_nx",
        ),
        ("online: {engine: torch2trt8}\n", "did you mean 'torch2trt'?"),
        (
            "online: {engine: onnxruntime}\nstrategies: [uniform, k_means]\n",
            "onnxruntime does not give the features that the strategy k_means looks at",
        ),
        ("online: {overrun: queued, meanwhile: missed}\n", "overrun: goes with meanwhile: watched"),
        ("training: {augmentation: {scale: [2, 0.5]}}\n", "scale goes from low to high"),
        (
            "videos: [a.mp4]\n",
            "source.videos belongs to source kind 'videos', and this study's is 'rendered'",
        ),
        ("teachers: [blazepose]\n", "'blazepose' does not go with source kind 'rendered'"),
        (
            "student: {input_size: 100}\n",
            "student: input_size: densenet_small takes",
        ),
        ("student: {name: resnet18_baseline, input_size: 80}\n", "takes multiples of 32"),
        ("student: {name: resnet18_baseline, input_size: 32}\n", "multiples of 32, at least 64"),
        ("student: {backbone: b}\n", "densenet_small has none"),
        ("student: {checkpoint: a, backbone: b}\n", "takes the place of coco and backbone"),
        ("student: {name: resnet18_basline}\n", "did you mean 'resnet18_baseline'?"),
    ],
)
def test_impossible_values_are_refused(tmp_path: Path, text: str, expected: str) -> None:
    body = {line.split(":")[0]: line for line in (RENDERED + text).splitlines()}
    assert expected in fault(tmp_path, "\n".join(body.values()))


def test_broken_files_are_named(tmp_path: Path) -> None:
    assert "is no YAML" in fault(tmp_path, "a: [1\n")
    assert "holds no keys" in fault(tmp_path, "just words\n")
    assert "extends itself" in fault(tmp_path, "extends: mine\n")
    with pytest.raises(BadInput, match="Did you mean 'mini'?"):
        load_study("minni", {}, CONFIG)
    with pytest.raises(BadInput, match="cannot be read"):
        load_study(str(tmp_path / "none.yaml"), {}, CONFIG)


@pytest.mark.parametrize("rate", ["0.29", "29%", "29/100", 0.29])
def test_rates_are_exact_fractions(tmp_path: Path, rate: object) -> None:
    study = load_study(
        write(tmp_path, RENDERED), {"online": {"rates": [rate], "once_rate": "1/3"}}, CONFIG
    )
    assert study.online.rates == [Fraction(29, 100)]
    slugs = {rate_slug(cell.rate) for cell in grid.cells(study)}
    assert slugs == {"0pct", "29pct", "100pct", "100of3pct"}
    assert {parse_rate_slug(slug) for slug in slugs} == {cell.rate for cell in grid.cells(study)}


def test_overrides_reach_one_key_and_controls_none(tmp_path: Path) -> None:
    path = write(tmp_path, RENDERED)
    study = load_study(
        path, {"online": {"window": "2000 frames"}, "study": "x", "only": "y"}, CONFIG
    )
    assert study.name == "mine"
    assert study.online.window == "2000 frames"
    assert study.online.rates == load_study(path, {}, CONFIG).online.rates


def test_own_videos_are_found_from_the_study_file(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, "videos: [a b.mp4]\n"), {}, CONFIG)
    assert study.source.videos == [tmp_path.resolve() / "a b.mp4"]
    assert study.source.kind == "videos" and study.teachers == ["blazepose"]
    assert (
        study.online.window
        == load_study("lab", {"online": {"window": "10 s"}}, CONFIG).online.window
    )


def test_a_single_video_without_a_list_is_refused(tmp_path: Path) -> None:
    assert "source.videos takes a list" in fault(tmp_path, "videos: a.mp4\n")


def test_a_checkpoint_is_found_from_the_study_file(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, RENDERED + "student: {checkpoint: a b.pt}\n"), {}, CONFIG)
    assert study.student.checkpoint == tmp_path.resolve() / "a b.pt"


def test_trt_poses_own_pre_training_is_a_study_to_extend(tmp_path: Path) -> None:
    """By the very lines that its head tells to write."""
    head = (CONFIG / "trt_pose.yaml").read_text().split("student:\n  name")[0]
    lines = [line.removeprefix("#     ") for line in head.splitlines() if line.startswith("#     ")]
    student = load_study(write(tmp_path, "\n".join(lines)), {}, CONFIG).student
    assert student.coco.images.name == "train2017"
    assert student.validation.images.name == "val2017"
    assert student.backbone.name.startswith("densenet121")
    recipe = student.recipe
    assert (student.name, student.input_size) == ("densenet121_baseline_att", 256)
    assert (recipe.epochs, recipe.schedule, recipe.batch_size) == (250, (75, 150), 64)
    assert (recipe.learning_rate, recipe.stdev, recipe.augmentation.flip) == (1e-3, 0.025, False)


def test_the_grid_is_the_papers() -> None:
    study = load_study("mini", {}, CONFIG)
    cells = grid.cells(study)
    assert len(cells) == len({cell.folder for cell in cells})
    # The unadapted student once in each half, and of each seed all that a draw enters.
    assert len(cells) == 2 + 3 * ((4 * 5 + 2) + 2 * (2 + 4 * 2))
    alone = grid.cells(study, ("uniform",))
    assert {cell.method for cell in alone} == {"uniform"} and len(alone) == 3 * (5 + 2 * 2)
    one = load_study("mini", {"seeds": [0]}, CONFIG)
    assert {*grid.cells(one)} == {cell for cell in cells if cell.seed == 0}


def test_only_names_methods_of_the_study() -> None:
    study = load_study("mini", {}, CONFIG)
    assert restriction("baseline,uniform", study) == ("uniform", "baseline")
    assert restriction(None, study) == ()
    with pytest.raises(BadInput, match="Did you mean 'uniform'?"):
        restriction("unifrom", study)
    assert restriction("uniform,", study) == ("uniform",)
    with pytest.raises(BadInput, match="names no method"):
        restriction("", study)


def test_a_confirmation_is_true_or_false() -> None:
    """Snakemake hands `confirm=false` on as a word, which is true to Python."""
    assert confirmation("true")
    assert confirmation(True)
    assert not confirmation("false")
    with pytest.raises(BadInput, match="confirm=no: is neither true nor false"):
        confirmation("no")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seeds: [0]\nseeds: [1]\n", "'seeds' is given twice"),
        ("seeds: [0\n", "line 2"),
        ("seeds: !!python/name:os.system\n", "line 1"),
        ("[" * 3000, "is no YAML"),
        ("training: {learning_rate: .inf}\n", "training.learning_rate"),
    ],
)
def test_a_broken_study_file_is_told_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    message = fault(tmp_path, RENDERED * (told != "line 1") + text)
    assert told.replace("line 2", "line 4") in message
    assert "\n" not in message


def require(study: Study, out: Path) -> None:
    require_sources(study, clips(study, str(out)), out)


def test_a_named_file_that_is_missing_is_told_with_its_key(tmp_path: Path) -> None:
    for text, key in (
        (RENDERED + "student: {checkpoint: gone}\n", "student.checkpoint"),
        (RENDERED + "student: {coco: {annotations: gone, images: .}}\n", "student.coco.annot"),
        ("videos: [gone]\n", "source.videos"),
    ):
        with pytest.raises(
            BadInput, match=rf"gone: there is no such (file|folder)\. .* under {key}"
        ):
            require(load_study(write(tmp_path, text), {}, CONFIG), tmp_path)
    (tmp_path / "walk{1}.mp4").touch()
    with pytest.raises(BadInput, match="a wildcard to Snakemake"):
        require(load_study(write(tmp_path, 'videos: ["walk{1}.mp4"]\n'), {}, CONFIG), tmp_path)
    (tmp_path / "student").mkdir()
    (tmp_path / "student/pretrained.pt").touch()
    require(
        load_study(write(tmp_path, RENDERED + "student: {checkpoint: gone}\n"), {}, CONFIG),
        tmp_path,
    )


def test_a_broken_note_of_the_protocol_is_named(tmp_path: Path) -> None:
    study = load_study("mini", {}, CONFIG)
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells/cell.json").touch()
    for content in (b"a: [", b"- 1", b"\xff", b""):
        (tmp_path / "study.yaml").write_bytes(content)
        with pytest.raises(BadInput, match=r"study\.yaml: is broken"):
            refuse_changed_protocol(study, tmp_path, confirmed=False)


def test_results_of_the_older_layout_are_refused(tmp_path: Path) -> None:
    refuse_older_layout(tmp_path)
    fault = "results of an older version.* Move this folder away"
    folder = tmp_path / "cells/online/S1/none/baseline/0pct/seed0"
    folder.mkdir(parents=True)
    (folder / "cell.json").touch()
    refuse_older_layout(tmp_path)
    # Trainings measured themselves; streams had no names, online and offline.
    unnamed = "cells/online/none/baseline/0pct/seed0/cell.json"
    for file in (folder / "summary.json", tmp_path / unnamed, tmp_path / "measures/offline.csv"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        with pytest.raises(BadInput, match=fault):
            refuse_older_layout(tmp_path)
        file.unlink()
        refuse_older_layout(tmp_path)


def test_a_changed_protocol_is_refused_under_the_old_name(tmp_path: Path) -> None:
    study = load_study("mini", {}, CONFIG)
    note_protocol(study, tmp_path)
    refuse_changed_protocol(study, tmp_path, confirmed=False)
    more = load_study("mini", {"seeds": [0, 1], "offline": {"rates": ["2%"]}}, CONFIG)
    refuse_changed_protocol(more, tmp_path, confirmed=False)
    changed = load_study("mini", {"online": {"window": "200 frames"}}, CONFIG)
    # Nothing is lost as long as there is no cell.
    refuse_changed_protocol(changed, tmp_path, confirmed=False)
    (tmp_path / "cells/online").mkdir(parents=True)
    (tmp_path / "cells/online/cell.json").touch()
    with pytest.raises(BadInput, match="online.window was 100 frames, is 200 frames"):
        refuse_changed_protocol(changed, tmp_path, confirmed=False)
    refuse_changed_protocol(changed, tmp_path, confirmed=True)
    assert "seeds" not in protocol(study)


def noted(folder: Path, study: Study, *dropped: str) -> None:
    """Results made before the keys `dropped` were there."""
    text = yaml.safe_dump({k: v for k, v in protocol(study).items() if k not in dropped})
    (folder / "study.yaml").write_text(text)
    (folder / "cells/online").mkdir(parents=True, exist_ok=True)
    (folder / "cells/online/cell.json").touch()


def test_a_key_that_is_younger_than_the_results_had_its_default(tmp_path: Path) -> None:
    young = ("offline.select_from", "online.meanwhile", "source.root", "openpose")
    noted(tmp_path, load_study("mini", {}, CONFIG), *young)
    refuse_changed_protocol(load_study("mini", {}, CONFIG), tmp_path, confirmed=False)
    changed = load_study("mini", {"offline": {"select_from": "clip"}}, CONFIG)
    with pytest.raises(BadInput, match="offline.select_from was pool, is clip"):
        refuse_changed_protocol(changed, tmp_path, confirmed=False)


def test_a_key_of_a_teacher_younger_than_the_results_had_its_default(
    tmp_path: Path,
) -> None:
    openpose = {"labels": "json"}
    taught = {"teachers": ["ground_truth", "openpose"], "openpose": openpose}
    study = load_study("mini", taught, CONFIG)
    noted(tmp_path, study, "openpose.geometry", "openpose.body")
    refuse_changed_protocol(study, tmp_path, confirmed=False)
    mirrored = load_study("mini", taught | {"openpose": openpose | {"geometry": "stored"}}, CONFIG)
    with pytest.raises(BadInput, match="openpose.geometry was None, is stored"):
        refuse_changed_protocol(mirrored, tmp_path, confirmed=False)


def test_a_half_or_a_teacher_may_be_added_and_taken_away(tmp_path: Path) -> None:
    """That changes no cell that was there; another setting of it does."""
    openpose = {"labels": "json"}
    whole = load_study("mini", {}, CONFIG)
    online = load_study("mini", {"offline": None}, CONFIG)
    taught = {"teachers": ["ground_truth", "openpose"], "openpose": openpose}
    other = load_study("mini", taught, CONFIG)
    for before in (whole, online, other):
        noted(tmp_path, before)
        for now in (whole, online, other):
            refuse_changed_protocol(now, tmp_path, confirmed=False)
    noted(tmp_path, other)
    strongest = load_study(
        "mini", taught | {"openpose": openpose | {"person": "strongest"}}, CONFIG
    )
    with pytest.raises(BadInput, match="openpose.person was tracked, is strongest"):
        refuse_changed_protocol(strongest, tmp_path, confirmed=False)


def test_captions_name_the_readings_in_force() -> None:
    online = {"training_takes": "381 frames", "meanwhile": "missed", "first_frames": "49023 frames"}
    changes = {
        "online": online,
        "offline": {"select_from": "clip"},
        "openpose": {"person": "tracked"},
    }
    told = captions(load_study("human36m", changes, CONFIG))
    assert (told["source"], told["teacher"]) == ("Human3.6M", "OpenPose")
    assert not told["stand_in"]
    said = told["readings"]
    assert "densenet121_baseline_att at 256 pixels" in said["common"]
    assert "10 epochs of batches of 64, Adam at 0.001, float32" in said["common"]
    assert "left out: S9 Waiting 1" in said["common"]
    assert "selected from each video on its own" in said["offline"]
    pool = "pool of S1, S5, S6, S7, S8, test of S9, S11, camera 54138969"
    assert pool in said["offline"]
    assert "the stream's first 49023 frames" in said["online"]
    assert any("381 frames after it, frames missed meanwhile" in line for line in said["online"])
    assert "OpenPose's tracked person labels a frame" in said["online"]
    board = load_study(
        "human36m", {"online": {"clock": "jetson_xavier_nx", "overrun": "skipped"}}, CONFIG
    )
    (said,) = [line for line in captions(board)["readings"]["online"] if "declared" in line]
    assert said == (
        "weights trained on a stretch are live as late as on the paper's Jetson Xavier NX "
        "(declared) at the earliest, selection, labelling, engine build, swap not charged, a "
        "stretch that ends before that is skipped, frames watched meanwhile"
    )
    here = load_study("mini", {"online": {"clock": "measured", "overrun": "queued"}}, CONFIG)
    (said,) = [line for line in captions(here)["readings"]["online"] if "measured" in line]
    assert said == (
        "weights trained on a stretch are live as long after it as selection and training took on "
        "the machine that ran the cell (measured, labelling not charged), which differs from run "
        "to run, a stretch that ends before that waits, frames watched meanwhile"
    )
    mini = captions(load_study("mini", {}, CONFIG))
    assert (mini["source"], mini["teacher"]) == ("rendered stand-in", "teacher network")
    assert mini["stand_in"]
    assert not any("camera" in line for line in mini["readings"]["offline"])


def test_a_study_may_move_with_its_videos(tmp_path: Path) -> None:
    there = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        text = "videos: [walk.mp4]\nstudent: {checkpoint: mine.pt}\n"
        there.append(protocol(load_study(write(tmp_path / name, text), {}, CONFIG)))
    assert there[0] == there[1]
    assert there[0]["source.videos"] == ["walk.mp4"]


def test_a_study_file_of_another_name_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "Anna's study.yaml").write_text("videos: [walk.mp4]\n")
    with pytest.raises(BadInput, match=r"letters, digits.*Rename the file"):
        load_study(str(tmp_path / "Anna's study.yaml"), {}, CONFIG)


def test_a_section_with_one_key_given_keeps_its_other_defaults() -> None:
    for key, info in Study.model_fields.items():
        if isinstance(info.default, BaseModel):
            assert info.default == type(info.default)(), key
            assert sections(Study, key) == {"": type(info.default)}, key


def test_the_documentation_is_the_schemas() -> None:
    text = (CONFIG / "README.md").read_text(encoding="utf-8")
    assert reference() in text, "config/README.md is out of date: make docs"


@pytest.mark.parametrize(
    ("online", "takes"),
    [
        ("", "0 frames"),
        ("training_takes: 128 frames", "128 frames"),
        ("training_takes: 382 frames, meanwhile: missed", "382 frames"),
        ("training_takes: 382 frames, methods: [baseline, once]", "382 frames"),
        ("training_takes: 2.5 s, window: 30 s, continual_every: 2.56 s", "5/2 s"),
        ("training_takes: 382 frames, overrun: queued", "382 frames"),
    ],
)
def test_how_long_a_training_takes(tmp_path: Path, online: str, takes: str) -> None:
    study = load_study(write(tmp_path, RENDERED + f"online: {{{online}}}\n"), {}, CONFIG)
    assert study.online.training_takes == takes
    assert study.online.first_frames is None


@pytest.mark.parametrize("study", ["mini", "lab", "tiny"])
def test_the_studies_that_ship_are_valid(study: str) -> None:
    assert grid.cells(load_study(study, {}, CONFIG))


def test_a_strategy_owns_its_parameters(tmp_path: Path) -> None:
    given = "strategies: [uniform, {uncertainty: {over: mean}}]\n"
    study = load_study(write(tmp_path, RENDERED + given), {}, CONFIG)
    assert list(study.strategies) == ["uniform", "least_confidence"]
    assert study.strategies["least_confidence"].over == "mean"
    assert Study.model_validate(study.model_dump(mode="json")) == study
    assert restriction("uncertainty", study) == ("least_confidence",)
    text = RENDERED + "strategies: [{least_confidence: {ovr: mean}}, {uniform: {step: 2}}]\n"
    assert "strategies" in fault(tmp_path, text) and "ovr" in fault(tmp_path, text)
    twice = RENDERED + "strategies: [{least_confidence: {over: mean}}, uncertainty]\n"
    assert "least_confidence is listed twice, with different parameters" in fault(tmp_path, twice)
    assert "one strategy an entry" in fault(tmp_path, RENDERED + "strategies: [{a: {}, b: {}}]\n")


def test_an_older_key_says_where_it_went(tmp_path: Path) -> None:
    told = fault(tmp_path, RENDERED + "confidence: mean\n")
    assert "confidence: is now a parameter of its strategy" in told and "over: …" in told


def test_a_strategys_parameters_are_part_of_the_protocol_of_its_own_cells(tmp_path: Path) -> None:
    def study(strategies: str) -> Study:
        return load_study(write(tmp_path, RENDERED + f"strategies: {strategies}\n"), {}, CONFIG)

    (tmp_path / "cells/a").mkdir(parents=True)
    (tmp_path / "cells/a/cell.json").touch()
    note_protocol(study("[uniform, least_confidence]"), tmp_path)
    refuse_changed_protocol(study("[random]"), tmp_path, False)
    with pytest.raises(BadInput, match="strategies.least_confidence was .*lowest.*, is .*mean"):
        refuse_changed_protocol(study("[{least_confidence: {over: mean}}]"), tmp_path, False)
    note_protocol(study("[uniform]"), tmp_path)
    refuse_changed_protocol(study("[{least_confidence: {over: mean}}]"), tmp_path, False)


def test_the_default_kind_of_source_is_somebodys_videos(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, "source: {videos: [a.mp4]}\n"), {}, CONFIG)
    assert study == load_study(write(tmp_path, "videos: [a.mp4]\n"), {}, CONFIG)
    assert study.training.batch_size == 4, "videos.yaml is the base of both"
    assert "source: videos: name your videos here" in fault(tmp_path, "seeds: [1]\n")
    both = fault(tmp_path, "videos: [a.mp4]\nsource: {videos: [b.mp4]}\n")
    assert "videos: is short for source.videos: give one of the two" in both


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{kind: rendred}", "source: kind: no source kind is called 'rendred': did you mean 're"),
        ("{kind: human36m}", "source.root is needed: The folder that the archives were unpacked"),
        (
            "{kind: human36m, root: ., stream_frames: 3}",
            "source.stream_frames belongs to source kind 'rendered', and this study's is 'human36m",
        ),
        (
            "{videos: [a], first_video: stem}",
            "source.first_video belongs to source kind 'human36m' and 'rendered'",
        ),
        ("{kind: rendered, stream_frame: 3}", "unknown key 'source.stream_frame': did you mean"),
        ("{kind: human36m, root: ., cameras: ['1']}", "source.cameras.0: no camera is called '1'"),
        ("rendered", "source takes keys of its own (key: value), not 'rendered'"),
    ],
)
def test_a_source_takes_the_keys_of_its_own_kind(
    tmp_path: Path, source: str, expected: str
) -> None:
    assert expected in fault(tmp_path, f"source: {source}\n")


def test_another_kind_of_source_inherits_no_key_of_the_former(tmp_path: Path) -> None:
    lines = "extends: tiny\nsource: {kind: human36m, root: data}\nteachers: [ground_truth]\n"
    source = load_study(write(tmp_path, lines), {}, CONFIG).source
    assert source.root == tmp_path.resolve() / "data"
    lines = "extends: tiny\nsource: {test_frames: 5}\n"
    source = load_study(write(tmp_path, lines), {}, CONFIG).source
    assert (source.test_frames, source.pool_frames) == (5, 4)
    changed = load_study("lab", {"source": {"kind": "rendered"}, "teachers": ["network"]}, CONFIG)
    assert changed.source.rendered


def test_only_videos_need_not_say_their_kind(tmp_path: Path) -> None:
    told = fault(tmp_path, "extends: lab\nvideos: [a.mp4]\n")
    assert "source.videos belongs to source kind 'videos', and this study's is 'lab'" in told


def test_what_a_teacher_needs_is_asked_of_the_source(tmp_path: Path) -> None:
    for text, expected in (
        ("teachers: [openpos]\n", "no teacher is called 'openpos': did you mean 'openpose'?"),
        ("teachers: [openpose]\n", "openpose: the teacher 'openpose' needs this section"),
        ("openpose: {labels: json}\n", "goes with the teacher 'openpose'; null takes away"),
        ("teachers: [ground_truth]\n", "'ground_truth' does not go with source kind 'videos'"),
        ("teachers: [network]\n", "'network' does not go with source kind 'videos'"),
        (
            "teachers: [openpose]\nopenpose: {labels: json, person: labelled}\n",
            "openpose.person: 'labelled' needs labels, which 'videos' has not",
        ),
        (
            "teachers: [openpose, blazepose]\nopenpose: {labels: json}\n",
            "a study has one beside ground_truth, not blazepose and openpose",
        ),
        ("source: {split: {pool: 0%}}\n", "source.split.pool: a rate must be above 0"),
        ("source: {split: {gap: 1}}\n", "source.split.gap: '1' has no unit"),
    ):
        assert expected in fault(tmp_path, f"videos: [a.mp4]\n{text}")
    told = fault(tmp_path, "extends: lab\nonline: {first_frames: 30 s}\n")
    assert "online.first_frames: the lab's four cameras are compared as a whole" in told


def test_results_that_name_keys_of_other_kinds_are_gone_on_with(tmp_path: Path) -> None:
    """As older ones do: every study noted the keys of all kinds, and its videos at the top."""
    study = load_study(write(tmp_path, "videos: [a.mp4]\n"), {}, CONFIG)
    noted(tmp_path, study)
    held = yaml.safe_load((tmp_path / "study.yaml").read_text())
    held |= {"videos": held.pop("source.videos"), "source.stream_frames": 28, "source.root": None}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(held))
    refuse_changed_protocol(study, tmp_path, confirmed=False)
    other = load_study(write(tmp_path, "videos: [b.mp4]\n"), {}, CONFIG)
    with pytest.raises(BadInput, match=r"source.videos was \['a.mp4'\], is \['b.mp4'\]"):
        refuse_changed_protocol(other, tmp_path, confirmed=False)


TOY_SOURCE = '''
from typing import Literal

from posequery.settings import File
from posequery.sources.kinds import ClipSource, Source


class Toy(Source):
    """One video."""

    title = "a toy"

    kind: Literal["toy"] = "toy"
    film: File
    """Its path."""

    def clips(self, out, offline):
        return [ClipSource("toy", "person", "play", 1, "own", str(self.film), None, ("stream",))]


SOURCE = Toy
'''
TOY_TEACHER = '''
from posequery.settings import Positive, Section
from posequery.teachers import Teacher


class Guess(Section):
    """Where everybody is."""

    place: Positive = 5
    """In pixels."""


TEACHER = Teacher(
    "the guess", lambda *_: None, key="guess", settings=Guess, files=lambda slugs: {"by": slugs}
)
'''
TOYS = """
import json, sys
from pathlib import Path
from posequery.jobs.files import BadInput
from posequery.study.loading import load_study
from posequery.study.plan import Plan
from posequery.study.reference import reference

study = load_study(sys.argv[1], {}, Path(sys.argv[2]))
plan = Plan(study)
told = [plan.label_files(), plan.teacher_inputs("stream", "guesser"), plan.source_files("toy")]
told += [study.settings_of("guesser").place, json.loads(plan.captions())["teacher"]]
told += ["source.film" in reference(), "guess.place" in reference()]
try:
    load_study(sys.argv[1], {"offline": {}}, Path(sys.argv[2]))
except BadInput as fault:
    told.append(fault.fault)
print(json.dumps(told))
"""


def test_a_kind_and_a_teacher_are_taken_from_their_folders(tmp_path: Path) -> None:
    copy = shutil.copytree(CONFIG.parent / "src/posequery", tmp_path / "src/posequery")
    (copy / "sources/kinds/toy.py").write_text(TOY_SOURCE)
    (copy / "teachers/guesser.py").write_text(TOY_TEACHER)
    (tmp_path / "a.mp4").touch()
    lines = "source: {kind: toy, film: a.mp4}\nteachers: [guesser]\nguess: {place: 7}\n"
    command = [sys.executable, "-c", TOYS, write(tmp_path, lines), str(CONFIG)]
    environment = {"PYTHONPATH": str(tmp_path / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    video, out = str(tmp_path.resolve() / "a.mp4"), "results/mine"
    inputs = {"stream": f"{out}/clips/stream.json", "videos": [video], "by": [f"{out}/toy"]}
    labels = [f"{out}/labels/stream/guesser.h5"]
    expected = [labels, inputs, {"video": video}, 7, "the guess", True, True]
    refused = "offline: source kind 'toy' has neither ground truth nor a split in time"
    assert json.loads(done.stdout) == [*expected, refused]


def test_a_study_has_the_name_of_its_file(tmp_path: Path) -> None:
    assert "A study has the name of its file" in fault(tmp_path, RENDERED + "name: other\n")


def test_a_student_per_seed_is_pre_trained_here(tmp_path: Path) -> None:
    given = RENDERED + "student: {checkpoint: mine.pt, per_seed: true}\n"
    assert "per_seed: a given checkpoint is one student" in fault(tmp_path, given)


def test_equal_steps_are_those_of_a_rate(tmp_path: Path) -> None:
    assert "all_equal_steps takes" in fault(tmp_path, RENDERED + "offline: {rates: []}\n")


def test_a_subject_more_is_no_other_protocol_and_a_student_per_seed_is(tmp_path: Path) -> None:
    noted(tmp_path, load_study("mini", {}, CONFIG), "student.per_seed")
    more = {"source": {"kind": "rendered", "stream_subjects": ["S1", "S2"]}}
    refuse_changed_protocol(load_study("mini", more, CONFIG), tmp_path, confirmed=False)
    fewer = load_study("mini", {"offline": {"methods": ["all"]}}, CONFIG)
    refuse_changed_protocol(fewer, tmp_path, confirmed=False)
    own = load_study("mini", {"student": {"per_seed": True}}, CONFIG)
    with pytest.raises(BadInput, match="student.per_seed was False, is True"):
        refuse_changed_protocol(own, tmp_path, confirmed=False)

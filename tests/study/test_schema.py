"""The schema is strict, says everything at once, and documents itself."""

from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from posequery.cell import parse_rate_slug, rate_slug
from posequery.clips import frames_in
from posequery.jobs.files import BadInput
from posequery.sources.human36m import names
from posequery.study import grid
from posequery.study.clips import clips, left_out, require_sources
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
from posequery.study.schema import Study, protocol, subsection

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
        ("online: {window: 50 frames}\n", "a rate of 1/100 selects nothing from a window of 50"),
        (
            "online: {window: 0 frames}\n",
            "'0 frames' is not a stretch of a stream: it has no frames",
        ),
        ("online: {first_frames: 0 s}\n", "'0 s' is not a stretch of a stream: it has no frames"),
        ("online: {training_takes: 7.64 s}\n", "write it in the unit of window, frames"),
        ("online: {training_takes: -1}\n", "'-1' is not a stretch of a stream: write"),
        (
            "online: {training_takes: 129 frames}\n",
            "129 frames is longer than continual_every, 128 frames, but only one training runs",
        ),
        (
            "online: {training_takes: 31 s, window: 30 s, methods: [once]}\n",
            "31 s is longer than window, 30 s",
        ),
        ("training: {augmentation: {scale: [2, 0.5]}}\n", "scale goes from low to high"),
        ("videos: [a.mp4]\n", "videos: name your videos here"),
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


def test_stretches_are_frames_or_seconds() -> None:
    assert frames_in("1500 frames", 50.0) == 1500
    assert frames_in("30 s", 50.0) == 1500
    assert frames_in("2.56 s", 50.0) == 128
    assert frames_in("30 s", 49.99) == 1500
    assert frames_in("0.01 s", 5.0) == 1
    assert frames_in("0 s", 5.0) == frames_in("0 frames", 5.0) == 0


def test_overrides_reach_one_key_and_controls_none(tmp_path: Path) -> None:
    path = write(tmp_path, RENDERED)
    study = load_study(path, {"online": {"window": "2000"}, "study": "x", "only": "y"}, CONFIG)
    assert study.name == "mine"
    assert study.online.window == "2000 frames"
    assert study.online.rates == load_study(path, {}, CONFIG).online.rates


def test_own_videos_are_found_from_the_study_file(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, "videos: [a b.mp4]\n"), {}, CONFIG)
    assert study.videos == [tmp_path.resolve() / "a b.mp4"]
    assert study.source.kind == "videos" and study.teachers == ["blazepose"]
    assert (
        study.online.window
        == load_study("lab", {"online": {"window": "10 s"}}, CONFIG).online.window
    )


def test_a_single_video_without_a_list_is_refused(tmp_path: Path) -> None:
    assert "videos: " in fault(tmp_path, "videos: a.mp4\n")


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
    assert len(cells) == len({cell.folder for cell in cells}) == (4 * 5 + 2) + (1 + 2 * (2 + 4 * 2))
    alone = grid.cells(study, ("uniform",))
    assert {cell.method for cell in alone} == {"uniform"} and len(alone) == 5 + 2 * 2
    twice = load_study("mini", {"seeds": [0, 1]}, CONFIG)
    assert len(grid.cells(twice)) == 2 * len(cells)


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
        ("videos: [gone]\n", "videos"),
    ):
        with pytest.raises(BadInput, match=rf"gone: there is no such file\. .* under {key}"):
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
    folder = tmp_path / "cells/online/none/baseline/0pct/seed0"
    folder.mkdir(parents=True)
    (folder / "cell.json").touch()
    refuse_older_layout(tmp_path)
    (folder / "summary.json").touch()
    with pytest.raises(BadInput, match="results of an older version.* Move this folder away"):
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


def human36m(**source: object) -> Study:
    return load_study("human36m", {"source": source}, CONFIG)


def test_a_study_without_an_offline_half_reads_the_stream_alone() -> None:
    study = load_study("human36m", {"offline": None}, CONFIG)
    assert {clip.subject for clip in clips(study, "results").values()} == {"S1"}
    assert left_out(study) == ([], [])


def test_exclusions_that_bear_on_a_study_are_told_and_those_left_in() -> None:
    assert left_out(human36m()) == (["S9 Waiting 1"], [])
    assert left_out(human36m(exclude=["S5 Eating"])) == (["S5 Eating"], ["S9 Waiting 1"])
    stem = human36m(first_video="stem")
    assert left_out(stem)[0] == ["S9 Greeting", "S11 Directions.54138969"]


def test_a_stream_without_sequences_is_refused() -> None:
    every = [f"S1 {sequence.stem}" for sequence in names.sequences("S1")]
    with pytest.raises(BadInput, match="leaves no sequence for the stream"):
        clips(human36m(exclude=every), "results")


def test_the_stand_in_has_the_readings_of_the_real_one() -> None:
    """By stem, S9's and S11's first 'Directions' is the one without a number."""
    study = load_study("mini", {"source": {"first_video": "stem"}}, CONFIG)
    found = clips(study, "results")
    assert "S9-Directions-54138969" in found and "S9-Directions-1-54138969" not in found
    assert "S9-Greeting-54138969" not in found


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
    assert there[0]["videos"] == ["walk.mp4"]


def test_a_study_file_of_another_name_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "Anna's study.yaml").write_text("videos: [walk.mp4]\n")
    with pytest.raises(BadInput, match=r"letters, digits.*Rename the file"):
        load_study(str(tmp_path / "Anna's study.yaml"), {}, CONFIG)


def test_a_section_with_one_key_given_keeps_its_other_defaults() -> None:
    for key, info in Study.model_fields.items():
        if isinstance(info.default, BaseModel):
            assert info.default == type(info.default)(), key
            assert subsection(Study, key) is type(info.default), key


def test_the_documentation_is_the_schemas() -> None:
    text = (CONFIG / "README.md").read_text(encoding="utf-8")
    assert reference() in text, "config/README.md is out of date: make docs"


@pytest.mark.parametrize(
    ("online", "takes"),
    [
        ("", "0 frames"),
        ("training_takes: 128", "128 frames"),
        ("training_takes: 382, meanwhile: missed", "382 frames"),
        ("training_takes: 382, methods: [baseline, once]", "382 frames"),
        ("training_takes: 2.5 s, window: 30 s, continual_every: 2.56 s", "5/2 s"),
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
    assert "one strategy an entry" in fault(tmp_path, RENDERED + "strategies: [{a: {}, b: {}}]\n")


def test_an_older_key_says_where_it_went(tmp_path: Path) -> None:
    told = fault(tmp_path, RENDERED + "confidence: mean\n")
    assert "confidence: is a parameter of its strategy now" in told and "over: …" in told


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

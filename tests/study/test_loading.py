"""Hostile and mistaken studies: one line, at once, that names the file or the command line."""

import os
import time
from pathlib import Path

import pytest

from posequery.jobs import bounds
from posequery.jobs.files import BadInput
from posequery.study.loading import load_study

CONFIG = Path(__file__).parents[2] / "config"
RENDERED = "source: {kind: rendered}\nteachers: [ground_truth]\n"
BOMB = "b0: &b0 [x, x]\n" + "".join(f"b{n}: &b{n} [*b{n - 1}, *b{n - 1}]\n" for n in range(1, 60))
MERGES = "b0: &b0 {x: 1}\n" + "".join(
    f"b{n}: &b{n} {{<<: [*b{n - 1}, *b{n - 1}]}}\n" for n in range(1, 60)
)
HOSTILE = {
    "online: {rates: [1e-99999999]}": "online.rates.0: a rate must be above 0",
    "online: {rates: ['1e-99999999']}": "'1e-99999999' is not a rate: write 1%, 0.01 or 1/100",
    "online: {rates: [true]}": "'True' is not a rate",
    "online: {window: 1e9999 s}": "'1e9999 s' is not a stretch of a stream: write '1500 frames'",
    "online: {window: 10000000000000 s}": "is not a stretch of a stream",
    "online: {window: 1:30}": "'1:30' is not a stretch of a stream",
    f"seeds: [{10**30}]": "seeds: a number is beyond 2**53",
    f"seeds: [{'9' * 5000}]": "seeds.0 takes a whole number, not '9999",
    "seeds: [true]": "seeds.0 takes a whole number, not 'true'",
    "seeds: 3": "seeds takes a list, as [one, two], not 3",
    "seeds: []": "seeds takes a list of at least 1, not []",
    "training: {learning_rate: true}": "training.learning_rate takes a number, not 'true'",
    "training: {learning_rate: .nan}": "training.learning_rate takes a finite number, not nan",
    "training: {epochs: 1000000000000}": "training.epochs takes at most 100,000,000, not 10000",
    "training: {epochs: 2.5}": "training.epochs takes a whole number, not 2.5",
    "training: {schedule: 3}": "training.schedule takes 'constant' or 'cosine' or a list",
    "training: {schedule: [0]}": "training.schedule.0 takes at least 1, not 0",
    "training: null": "training takes keys of its own (key: value), not null",
    "student: {image_size: 1000000000}": "student.image_size takes at most 10,000, not 10000",
    "student: {input_size: 1000000000}": "student.input_size takes at most 10,000, not 10000",
    "student: {checkpoint: ''}": "student.checkpoint: '' is the path of no file",
    'student: {checkpoint: "a\\0b"}': "is the path of no file",
    'student: {checkpoint: "\\ud800"}': "is no YAML (line 1: half of a character stands alone)",
    '"\\udfff": 1': "is no YAML (line 1: half of a character stands alone)",
    "workers: 1000000": "workers takes at most 1,024, not 1000000",
    "device: gpu": "device takes 'cpu' or 'cuda', not 'gpu'",
    "rates: [1%]": "unknown key 'rates': it belongs elsewhere, as offline.rates or online.rates",
    "only: uniform": "only: is no part of a study: --config only=",
    "a: 1\nb: 2\nc: {x: 1,\n x: 2}": "is no YAML (line 4: 'x' is given twice)",
    "a: 1\nb: 2\na: 3": "is no YAML (line 3: 'a' is given twice)",
    "on: 3": "is no YAML (line 1: the key 'on' is no text; write it in quotes)",
    "a: &a [*a]": "is no YAML (line 1: it holds more than 10,000 values)",
    BOMB: "is no YAML (line 1: it holds more than 10,000 values)",
    MERGES: "is no YAML (line 1: it holds more than 10,000 values)",
    "a: " + "[" * 9000: "is no YAML (RecursionError)",
    "a: " + "[" * 200 + "]" * 200: "unknown key 'a'",
    "a: !!bool x": "is no YAML (KeyError)",
    "x: " + "y" * bounds.STUDY_BYTES: "bytes, of at most 262,144",
    f"extends: {'x' * 300}": "there is no such study",
    "extends: [a]": "extends '['a']': there is no such study",
    "extends: minni": "extends 'minni': there is no such study. Did you mean 'mini'?",
    '"a\\nb\\e[2J": 1': "unknown key 'a\\nb\\x1b[2J'",
}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_study_is_refused_at_once(tmp_path: Path, text: str, tried) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{text}\n{RENDERED}")
    begun = time.process_time()
    with pytest.raises(BadInput) as error:
        load_study(str(path), {}, CONFIG)
    assert time.process_time() - begun < 2
    told = str(error.value)
    assert told.startswith(f"{path}: ") and HOSTILE[text] in told and told.isprintable()
    tried("12", "a number, a size or a text beyond reason", {"refused in one line": 1})


def test_no_video_has_an_empty_path(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("videos: ['']\n")
    with pytest.raises(BadInput, match=r"source.videos.0: '' is the path of no file"):
        load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)


def test_numbers_are_those_that_a_person_means(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(f"seeds: [010, 1e1]\ntraining: {{epochs: 1e1}}\n{RENDERED}")
    study = load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
    assert study.seeds == [10, 10] and study.training.epochs == 10


def test_aliases_are_taken_in_measure(tmp_path: Path) -> None:
    text = f"seeds: &few [1, 2]\n{RENDERED}training: &recipe {{epochs: 3}}\n"
    text += "student: {recipe: {<<: *recipe, batch_size: 7}}\n"
    (tmp_path / "mine.yaml").write_text(text)
    recipe = load_study(str(tmp_path / "mine.yaml"), {}, CONFIG).student.recipe
    assert (recipe.epochs, recipe.batch_size) == (3, 7)


def test_studies_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b\n")
    (tmp_path / "b.yaml").write_text("extends: ./a.yaml\n")
    with pytest.raises(BadInput, match=r"a\.yaml: extends itself\. Remove the circle"):
        load_study(str(tmp_path / "a.yaml"), {}, CONFIG)


def test_a_path_that_is_extended_is_meant_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "base.yaml").write_text(f"seeds: [7]\n{RENDERED}")
    (tmp_path / "inner/mine.yaml").write_text("extends: ../base.yaml\n")
    assert load_study(str(tmp_path / "inner/mine.yaml"), {}, CONFIG).seeds == [7]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mine.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for name in ("mine", "folder"):
        with pytest.raises(BadInput, match="is no file. Name a YAML file"):
            load_study(str(tmp_path / f"{name}.yaml"), {}, CONFIG)


@pytest.mark.parametrize("study", [None, "", 3, ["a"], "x" * 300, "a\nb", "/", "mini.yml/x"])
def test_no_studys_name_is_anything(study: object) -> None:
    with pytest.raises(BadInput, match="study=") as error:
        load_study(study, {}, CONFIG)
    assert str(error.value).isprintable() and len(str(error.value)) < 300


def test_the_command_line_is_blamed_for_what_it_gives(tmp_path: Path) -> None:
    def told(text: str, **given: object) -> str:
        (tmp_path / "mine.yaml").write_text(f"{text}\n{RENDERED}")
        with pytest.raises(BadInput) as error:
            load_study(str(tmp_path / "mine.yaml"), given, CONFIG)
        return str(error.value)

    assert told("", seeds=[True]).startswith("--config: seeds.0 takes a whole number")
    assert "--config: unknown key 'stdy': did you mean 'study'?" in told("", stdy="mini")
    assert told("", source={"exclude": ["\ud800"]}).startswith(
        "--config: half of a character stands alone"
    )
    assert told("", name="other").startswith("--config: gives a name")
    both = told("workers: -1", seeds=["x"])
    assert both.startswith(f"{tmp_path / 'mine.yaml'}: workers takes at least 0, not -1; ")
    assert "; --config: seeds.0 takes a whole number, not 'x'." in both
    assert "did you mean 'study'" not in told("stdy: mini")


def test_many_faults_are_counted(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("".join(f"k{n}: 1\n" for n in range(99)) + RENDERED)
    with pytest.raises(BadInput, match="; and 87 more") as error:
        load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
    assert len(str(error.value)) < 5000


def test_a_study_that_may_not_be_read_is_not_called_broken(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "mine.yaml").write_text(RENDERED)

    def denied(path: Path, **_: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(BadInput, match=r"mine\.yaml: may not be read: permission denied"):
        load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)


@pytest.mark.parametrize("source", ["rtsp://camera/1", "0", f"http://{'x' * 300}"])
def test_a_live_stream_is_told_as_one(tmp_path: Path, source: str) -> None:
    (tmp_path / "mine.yaml").write_text(f"videos: ['{source}']\n")
    with pytest.raises(BadInput, match=f"source.videos: {source[:5]}.* a live stream is not read"):
        load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
    if source == "0":
        (tmp_path / "0").touch()
        study = load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
        assert study.source.videos == [tmp_path.resolve() / "0"]


@pytest.mark.parametrize("name", ["phone.mp4", "my videos/PHONE.MOV"])
def test_a_video_in_place_of_a_study_is_called_one(tmp_path: Path, name: str, tried) -> None:
    with pytest.raises(BadInput) as error:
        load_study(name, {}, tmp_path)
    told = (
        f"{name}: is a video, not a study. Give it to `posequery adapt`, or write a file with the"
    )
    assert str(error.value).startswith(told)
    tried("9", "a video in place of a study", {"refused": 1})


@pytest.mark.parametrize("study", ["walk", "results/walk", "results/walk/"])
def test_what_adapt_wrote_is_found_by_its_name(tmp_path: Path, monkeypatch, study: str) -> None:
    """`posequery adapt --name walk` writes results/walk.yaml; the shipped studies were listed."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="there is no such study. There are "):
        load_study("walk", {}, CONFIG)
    Path("results/walk").mkdir(parents=True)
    Path("results/walk.yaml").write_text(RENDERED)
    with pytest.raises(BadInput) as error:
        load_study(study, {}, CONFIG)
    told = f"study={study}: there is no such study. Did you mean results/walk.yaml?"
    assert str(error.value) == told

"""What is refused before a plan is made."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from dropping import dropped

from posequery import strategies
from posequery.evaluation import columns
from posequery.jobs.files import BadInput
from posequery.study.loading import load_study
from posequery.study.plan import Plan, planned
from posequery.study.sharing import LEFT_OUT

CONFIG = Path(__file__).resolve().parents[2] / "config"
TAKEN = """
from posequery.evaluation.columns import Column
COLUMNS = (Column("mpjpe_px", lambda evaluation: 1.0),)
"""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import no_such_module\n", r"cannot be loaded \(ModuleNotFoundError"),
        ("COLUMNS = (\n", r"cannot be loaded \(SyntaxError"),
        ("COLUMN = ()\n", "binds no COLUMNS"),
        ("COLUMNS = ()\n", "binds COLUMNS to no tuple of Column, or an empty one"),
        (TAKEN, "names a column 'mpjpe_px', as the columns of errors do already"),
    ],
)
def test_a_faulty_file_of_columns_is_refused_when_planning(
    text: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tried
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        dropped(columns, tmp_path / "columns", "pck", text),
        pytest.raises(BadInput, match=f"columns/pck: {fault}"),
    ):
        planned({"study": "tiny"}, CONFIG)
    tried("8", "a faulty file of columns", {"refused": 1})
    assert planned({"study": "tiny"}, CONFIG).out == "results/tiny"


def test_openpose_s_files_keep_their_digest_where_a_dataset_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The images of a folder, whose names its files have, and then the files as well."""
    monkeypatch.chdir(tmp_path)
    images, json = tmp_path / "images/walk.1", tmp_path / "json"
    for folder, name in ((images, "w_000001.jpg"), (json, "w_000001_keypoints.json")):
        folder.mkdir(parents=True)
        (folder / name).write_text("one")
    clip = SimpleNamespace(video=str(images), subject="")
    settings = SimpleNamespace(settings_of=lambda _: SimpleNamespace(labels=json))
    plan = SimpleNamespace(study=settings, clips={"walk": clip}, out="results/walk")
    plan.openpose_subject = lambda _: ""
    digest = Plan.openpose_digest(plan, "walk")
    assert digest
    noted = tmp_path / "results/walk/labels/openpose/walk.files"
    noted.parent.mkdir(parents=True)
    noted.write_text(digest)
    for place in ("images", "json"):
        (tmp_path / place).rename(tmp_path / f"away {place}")
        assert Plan.openpose_digest(plan, "walk") == digest


@pytest.mark.parametrize(
    ("chosen", "needs"),
    [
        ("uniform, error, uncertainty, stratified, top_confidence, disagreement", []),
        ("typiclust, k_center, heatmap_change, error", ["features", "change"]),
        ("flip_consistency, multi_peak_entropy", ["entropy", "flipped"]),
    ],
)
def test_the_pool_is_scored_for_what_the_strategies_need(
    chosen: str, needs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("some.yaml").write_text(f"extends: tiny\nstrategies: [{chosen}]\n")
    plan = planned({"study": "some.yaml"}, CONFIG)
    assert plan.score_needs() == needs
    assert plan.needs_features("typiclust") and not plan.needs_features("error")
    assert not plan.needs_features("none")


def test_the_study_of_strategies_has_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = planned({"study": "strategies"}, CONFIG)
    assert {*plan.study.strategies} == {*strategies.names()}
    assert plan.score_needs() == list(strategies.EXTRAS)


def test_a_lone_streams_name_seeds_no_draw_and_anothers_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a stream's numbers do not depend on which others a study has."""
    monkeypatch.chdir(tmp_path)
    plan = planned({"study": "tiny", "source": {"stream_subjects": ["S2", "S1"]}}, CONFIG)
    draw = ("network", "uniform", "20pct", "0")
    assert plan.online_words("S1", *draw) == plan.seed_words("online", *draw)
    assert plan.online_words("S2", *draw) == plan.seed_words("online", "S2", *draw)
    assert plan.streams == ["S2", "S1"] and plan.label_files() == [
        "results/tiny/labels/S2/network.h5",
        "results/tiny/labels/S1/network.h5",
    ]


def test_the_end_names_the_weights_to_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's neighbours have weights of the unadapted student and of lower rates as well."""
    monkeypatch.chdir(tmp_path)
    changed = {"study": "lab", "seeds": [3, 4], "strategies": ["random", "uniform"]}
    for plan in (planned(changed, CONFIG), planned({"study": "tiny"}, CONFIG)):
        assert not plan.closing_words()
        for name in plan.final_files():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()
    assert "predict" not in plan.closing_words()
    weights = "results/lab/cells/online/stream/blazepose/random/20pct/seed3/weights.pt"
    told = planned(changed, CONFIG).closing_words().splitlines()
    assert told[1:] == [
        f"The adapted student on a video: posequery predict --weights {weights} VIDEO"
    ]
    assert planned(changed | {"strategies": []}, CONFIG).best_fitting() is None
    assert planned(changed | {"only": "uniform"}, CONFIG).best_fitting() is None


def test_a_student_lies_where_its_seed_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared = planned({"study": "tiny", "seeds": [3, 4]}, CONFIG)
    assert shared.of_students(shared.student) == ["results/tiny/student/pretrained.pt"]
    own = planned({"study": "tiny", "seeds": [3, 4, 3], "student": {"per_seed": True}}, CONFIG)
    folder = "results/tiny/student"
    assert own.of_students(own.student) == [f"{folder}/seed{n}/pretrained.pt" for n in (3, 4)]
    assert own.evidence_options() == ["--per-seed", "--stand-in"]


@pytest.mark.parametrize(("frames", "shown"), [("false", []), ("true", ["before_after.png"])])
def test_a_page_is_given_a_picture_of_people_only_where_the_study_says_so(
    frames: str, shown: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = tmp_path / "people.yaml"
    study.write_text(f"extends: lab\nreport: {{frames: {frames}}}\n")
    plan = planned({"study": str(study)}, CONFIG)
    assert plan.picture_files()
    assert [Path(file).name for file in plan.shown_picture()] == shown


def test_only_uniform_measures_what_is_forgotten_and_only_if_asked():
    for asked, expected in ((True, "--forgetting"), (False, "")):
        plan = planned({"study": "tiny", "online": {"forgetting": asked}}, CONFIG)
        found = {method: plan.forgetting_option(method) for method in ("uniform", "error", "once")}
        assert found == {"uniform": expected, "error": "", "once": ""}


def test_guarded_picks_by_the_code_of_uniform_and_says_what_it_holds_back():
    changes = {"methods": ["guarded"], "guard_frames": 3}
    plan = planned({"study": "tiny", "online": changes}, CONFIG)
    assert plan.strategy_modules("guarded") == ["strategies.uniform"]
    said = "guarded holds back 3 frames of each window to judge new weights by"
    assert said in plan.captions()


def test_videos_are_split_from_what_the_teacher_labelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = planned({"study": "lab"}, CONFIG)
    clips = "results/lab/clips"
    assert plan.clip_files("stream")[:2] == [f"{clips}/cam01.h5", f"{clips}/cam02.h5"]
    assert plan.clip_files("pool")[:2] == [f"{clips}/pool/cam01.h5", f"{clips}/pool/cam02.h5"]
    assert plan.clip_files("test")[-1] == f"{clips}/test/cam04.h5"
    trained = {cell.teacher for cell in plan.cells if cell.setting == "offline" and cell.rate}
    assert trained == {"blazepose"}
    # The labels of the parts travel in their clips: what was split is labelled once.
    assert plan.labels_of("stream") == ["results/lab/labels/stream/blazepose.h5"]
    assert (
        plan.labels_of("test") == plan.reference_labels("test") == plan.taught_files("test") == []
    )


def test_a_person_s_own_videos_are_split_only_where_the_study_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.mp4").touch()
    (tmp_path / "mine.yaml").write_text("videos: [a.mp4]\n")
    alone = planned({"study": "mine.yaml"}, CONFIG)
    assert alone.played == ["stream"] and alone.clips["01-a"].streams == ("stream",)
    both = planned({"study": "mine.yaml", "offline": {}}, CONFIG)
    assert both.played == ["pool", "test", "stream"]
    # What a video is too short for is asked of the stream, before a teacher has labelled it.
    assert both.fitting_files() == ["results/mine/clips/stream.json"]


def test_of_a_restored_study_the_student_that_its_archive_left_out_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made anew, it would be newer than all that was made of it."""
    monkeypatch.chdir(tmp_path)
    given = Plan(load_study("tiny", {"student": {"checkpoint": str(tmp_path / "a.pt")}}, CONFIG))
    own = Plan(load_study("tiny", {}, CONFIG))
    assert given.student in given.decisive_files()
    (tmp_path / given.out / LEFT_OUT).parent.mkdir(parents=True)
    (tmp_path / given.out / LEFT_OUT).touch()
    assert given.student not in given.decisive_files() and own.student in own.decisive_files()

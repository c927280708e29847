"""Studies of Human3.6M in miniature: planned whole, run in small, stopped by what is broken."""

import json
import re
import shutil
import sys
import tarfile
from pathlib import Path

import miniature
import pytest
import yaml
from runs import ROOT, planned, snakemake

from posequery.sources.human36m import names
from posequery.study.unpacking import restore

STREAM = ("Directions 1", "Directions", "Eating 2", "Walking")
POOL = ("Directions 1", "Sitting 1")
TEST = ("Directions 1", "Walking 1")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty files under the true names, beside a copy of config/: all that a plan looks at."""
    folder = tmp_path_factory.mktemp("plain")
    shutil.copytree(ROOT / "config", folder / "config")
    data = folder / "data"
    files = ["densenet121-a639ec97.pth", "coco/train2017/1.jpg", "coco/val2017/1.jpg"]
    files += [f"coco/annotations/person_keypoints_{name}2017.json" for name in ("train", "val")]
    files += ["openpose/S1/1.json"]
    for subject in names.SUBJECTS:
        for sequence, camera in names.recordings(subject, names.CAMERAS):
            where = (data / "human36m", subject, sequence.stem, camera)
            files += [names.video_path(*where), names.annotation_path(*where)]
    for file in files:
        (data / file).parent.mkdir(parents=True, exist_ok=True)
        (data / file).touch()
    return folder


@pytest.mark.parametrize(
    ("name", "videos", "total"), [("human36m", 179, 549), ("human36m_four_cameras", 716, 1488)]
)
def test_the_papers_study_is_planned(
    name: str, videos: int, total: int, plain: Path, tmp_path: Path
) -> None:
    path = plain / f"config/{name}.yaml"
    jobs = planned(snakemake(tmp_path, "--dry-run", "--config", f"study={path}").stdout)
    assert jobs["extract"] == videos
    streams = 4 if name == "human36m_four_cameras" else 1
    assert jobs["adapt"] == streams * (1 + 5 * 2 * (2 + 4 * 2))
    assert jobs["finetune"] + jobs["finetune_all"] == 1 + 5 * (4 * 5 + 2)
    assert sum(jobs.values()) == total  # as docs/reproduction.md says


def test_the_papers_study_is_150_submissions_to_a_cluster_at_most(
    plain: Path, tmp_path: Path
) -> None:
    study = f"study={plain}/config/human36m.yaml"
    profile = ROOT / "workflow/profiles/slurm"
    plan = ("--profile", str(profile), "--dry-run", "--cores", "8", "--config", study)
    text = snakemake(tmp_path, *plan).stdout
    given = yaml.safe_load((profile / "profile.yaml").read_text())
    local = set()
    for file in (ROOT / "workflow").glob("**/*.smk"):
        rules = re.split(r"^ *rule (\w*):$", file.read_text(), flags=re.MULTILINE)[1:]
        local |= {
            name
            for name, body in zip(rules[::2], rules[1::2], strict=True)
            if "localrule: True" in body
        }
    apart = {rule: count for rule, count in planned(text).items() if rule not in given["groups"]}
    alone = sum(count for rule, count in apart.items() if rule not in {"all", *local})
    together = text.count("(jobs in lexicogr. order)")
    assert together > 50 and alone > 5
    assert together + alone == 149  # as the profile says


def test_what_is_missing_stops_the_plan(plain: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(plain, folder)
    study = f"study={folder}/config/human36m.yaml"
    video = folder / "data/human36m/S5/Videos/Eating 1.54138969.mp4"
    video.unlink()
    done = snakemake(tmp_path, "--dry-run", "--config", study, ok=False)
    text = done.stdout + done.stderr
    assert f"{video}: there is no such video or annotation. `make check" in text
    assert "Traceback (most recent" not in text
    (folder / "data/densenet121-a639ec97.pth").unlink()
    done = snakemake(tmp_path, "--dry-run", "--config", study, ok=False)
    assert "no such file. Correct its path under student.backbone" in done.stdout + done.stderr


def left_out(subject: str, kept: tuple[str, ...]) -> list[str]:
    stems = (sequence.stem for sequence in names.sequences(subject))
    return [f"{subject} {stem}" for stem in stems if stem not in kept]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A few sequences of the miniature, labelled by a program that stands where OpenPose stands."""
    miniature.official(tmp_path / "it's data", ("S1", "S5", "S9"), frames=8)
    program = tmp_path / "open pose/openpose.bin"
    (program.parent / "models").mkdir(parents=True)
    program.write_text(
        f"#!{sys.executable}\n{(ROOT / 'tests/builders/openpose_program.py').read_text()}"
    )
    program.chmod(0o755)
    few = [*left_out("S1", STREAM), *left_out("S5", POOL), *left_out("S9", TEST)]
    content = {
        "extends": "tiny",
        "source": {
            "kind": "human36m",
            "root": "it's data",
            "pool_subjects": ["S5"],
            "test_subjects": ["S9"],
            "exclude": few,
            "frame_counts": "any",
        },
        "teachers": ["ground_truth", "openpose"],
        "openpose": {
            "program": "open pose/openpose.bin",
            "models": "open pose/models",
            "person": "labelled",
        },
        "strategies": ["uniform"],
        "offline": {"rates": ["20%"]},
        "online": {"rates": ["20%"], "methods": ["baseline"], "window": "10 frames"},
    }
    file = tmp_path / "few.yaml"
    file.write_text(json.dumps(content))
    return file


def test_from_videos_and_openpose_to_the_papers_tables(study: Path, tmp_path: Path) -> None:
    done = snakemake(tmp_path, "--config", f"study={study}")
    assert "Study few is complete" in done.stdout + done.stderr
    out = tmp_path / "results/few"
    stream = json.loads((out / "clips/S1.json").read_text())["clips"]
    slugs = [f"S1-{stem.replace(' ', '-')}-54138969" for stem in STREAM]
    assert [clip["slug"] for clip in stream] == slugs
    assert {clip["frames"] for clip in stream} == {8}
    seen = json.loads((out / "labels/S1/openpose.json").read_text())
    assert seen["frames"] == 32 and seen["mpjpe_px"] > 0
    table = (out / "tables/table2.md").read_text()
    assert "Human3.6M" in table and "rendered" not in table
    cells = [[cell.strip() for cell in row.split("|")] for row in table.splitlines()]
    assert {"7.87"} < {cell for row in cells if "OpenPose itself" in row for cell in row}
    assert "stream of camera 54138969" in table
    # 3 windows of 10 and a rest of 2, which is tested alone.
    assert ["", "uniform", "3"] in [row[:3] for row in cells]
    again = snakemake(tmp_path, "--dry-run", "--config", f"study={study}")
    assert "Nothing to be done" in again.stdout + again.stderr
    # Tables may be made again where neither the dataset nor OpenPose is.
    shutil.rmtree(tmp_path / "it's data")
    shutil.rmtree(tmp_path / "open pose")
    shutil.rmtree(out / "tables")
    done = snakemake(tmp_path, "--config", f"study={study}")
    assert planned(done.stdout + done.stderr).keys() == {"paper_tables", "all"}
    assert (out / "tables/table2.md").read_text() == table
    # An archive holds neither frames nor ground truth nor weights trained on them.
    done = snakemake(tmp_path, "--config", f"study={study}", "--", "archive")
    with tarfile.open(out / "few.tar.gz") as packed:
        held = packed.getnames()
    assert "few/clips/S1.json" in held and "few/student/pretrained.pt" in held
    assert not [name for name in held if name.startswith("few/clips/") and name.endswith(".h5")]
    assert not [name for name in held if name.startswith("few/cells/") and name.endswith(".pt")]
    shutil.move(out / "few.tar.gz", tmp_path / "few.tar.gz")
    shutil.rmtree(out)
    folder = restore(tmp_path / "few.tar.gz", tmp_path / "results")
    assert (folder / "tables/table2.md").read_text() == table
    done = snakemake(tmp_path, "--dry-run", "--config", f"study={study}", ok=False)
    text = done.stdout + done.stderr
    assert "there is no such folder" in text and "Traceback" not in text


def test_json_files_that_change_are_read_again_and_nothing_else_is(
    study: Path, tmp_path: Path
) -> None:
    files = tmp_path / "json"
    (files / "S1").mkdir(parents=True)
    person = {"people": [{"pose_keypoints_2d": [30.0, 50.0, 0.9] * 25}]}
    for place, stem in enumerate(miniature.STEMS["S1"]):
        for frame in range(8 + miniature.surplus("S1", place, stem)):
            name = f"{stem}.54138969_{frame:012d}_keypoints.json"
            (files / "S1" / name).write_text(json.dumps(person))
    content = json.loads(study.read_text()) | {"openpose": {"labels": "json", "body": "BODY_25"}}
    study.write_text(json.dumps(content))
    given = ("--config", f"study={study}", "--", "results/few/labels/S1/openpose.h5")
    snakemake(tmp_path, *given)

    def again() -> dict[str, int]:
        return planned(snakemake(tmp_path, "--dry-run", *given).stdout)

    assert again() == {}
    (files / "S1/README").touch()
    (files / "S1/Other_000000000000_keypoints.json").touch()
    assert again() == {}
    changed = files / "S1/Walking.54138969_000000000003_keypoints.json"
    changed.write_text(json.dumps({"people": []}))
    assert again() == {"detect_openpose": 1, "label": 1}
    shutil.move(files, tmp_path / "elsewhere")
    assert again() == {}


@pytest.mark.parametrize("trouble", ["dies", "stops", "hands"])
def test_an_openpose_that_fails_stops_the_study(
    trouble: str, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENPOSE_STAND_IN", trouble)
    target = "results/few/labels/S1/openpose.h5"
    done = snakemake(tmp_path, "--config", f"study={study}", "--", target, ok=False)
    told = {"dies": "out of memory", "stops": "stopped half-way", "hands": "--body 1"}[trouble]
    assert told in done.stderr and "openpose.bin" in done.stderr
    assert not (tmp_path / target).exists()
    assert not any((tmp_path / "results/few/labels").rglob("*.h5"))


def test_a_broken_video_stops_its_own_job_by_name(study: Path, tmp_path: Path) -> None:
    video = tmp_path / "it's data/S1/Videos/Eating 2.54138969.mp4"
    video.unlink()
    video.touch()
    target = "results/few/clips/S1.json"
    done = snakemake(tmp_path, "--keep-going", "--config", f"study={study}", "--", target, ok=False)
    assert f"error: {video}: is empty (0 bytes). Copy or download it again." in done.stderr
    made = {file.name for file in (tmp_path / "results/few/clips").iterdir()}
    assert made == {f"S1-{stem}-54138969.h5" for stem in ("Directions-1", "Directions", "Walking")}

"""What a run refuses a check refuses before it, with the same words and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from media import numbered, write_video

from posequery.clips import Stream, write_index
from posequery.jobs.files import BadInput
from posequery.online.policies import require_trainings
from posequery.skeletons import JOINTS
from posequery.sources import coco, extraction, video
from posequery.study import check
from posequery.study.plan import Plan, planned
from posequery.teachers.openpose.json_files import from_json

ROOT = Path(__file__).parents[2]
FRAMES, HEIGHT, WIDTH = 20, 64, 64
STUDY = {
    "videos": ["a.mp4", "b.mp4"],
    "teachers": ["openpose"],
    "openpose": {"labels": "json", "body": "BODY_25"},
    "strategies": ["uniform"],
    "online": {"window": "10 frames", "rates": ["20%"], "methods": ["baseline"]},
    "student": {
        "coco": {"annotations": "people/people.json", "images": "people/images"},
        "validation": {"annotations": "valid/people.json", "images": "valid/images"},
    },
}


def people(folder: Path) -> None:
    (folder / "images").mkdir(parents=True)
    cv2.imwrite(str(folder / "images/1.jpg"), numbered(1, WIDTH, HEIGHT))
    height, width = cv2.imread(str(folder / "images/1.jpg")).shape[:2]
    person = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "num_keypoints": 17}
    person |= {"area": 9.0, "bbox": [1, 1, 9, 9], "keypoints": [5, 6, 2] * 17}
    image = {"id": 1, "file_name": "1.jpg", "width": width, "height": height}
    category = {"id": 1, "name": "person", "keypoints": list(JOINTS[:17])}
    content = {"images": [image], "annotations": [person], "categories": [category]}
    (folder / "people.json").write_text(json.dumps(content))


def film(path: Path, rate: int = 10, frames: int = FRAMES) -> None:
    write_video(path, (numbered(frame, WIDTH, HEIGHT) for frame in range(frames)), rate)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    body = np.stack([np.linspace(10, 50, 25), np.linspace(5, 60, 25), np.full(25, 0.9)], axis=1)
    frame = json.dumps({"people": [{"pose_keypoints_2d": body.ravel().tolist()}]})
    (folder / "json").mkdir()
    for name in ("a", "b"):
        film(folder / f"{name}.mp4")
        for number in range(FRAMES):
            (folder / f"json/{name}_{number:012d}_keypoints.json").write_text(frame)
    people(folder / "people")
    people(folder / "valid")
    return folder


def edited(file: Path, change: Callable[[dict], None]) -> None:
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def another_rate(folder: Path) -> None:
    film(folder / "b.mp4", rate=15)


def no_video(folder: Path) -> None:
    (folder / "b.mp4").unlink()


def an_empty_video(folder: Path) -> None:
    (folder / "b.mp4").write_bytes(b"")


def half_a_video(folder: Path) -> None:
    data = (folder / "b.mp4").read_bytes()
    (folder / "b.mp4").write_bytes(data[: len(data) // 2])


def a_text_for_a_video(folder: Path) -> None:
    (folder / "b.mp4").write_text("This is no video.\n" * 100)


def detections_that_end_early(folder: Path) -> None:
    for number in range(FRAMES // 2, FRAMES):
        (folder / f"json/b_{number:012d}_keypoints.json").unlink()


def a_broken_detection(folder: Path) -> None:
    (folder / f"json/a_{3:012d}_keypoints.json").write_text('{"people": [')


def a_body_left_open(folder: Path) -> None:
    changed(folder, "openpose", {"body": None})


def a_second_category(folder: Path) -> None:
    other = {"id": 2, "name": "person", "keypoints": list(JOINTS[:17])}
    edited(folder / "valid/people.json", lambda content: content["categories"].append(other))


def repeated_ids(folder: Path) -> None:
    edited(
        folder / "valid/people.json", lambda one: one["annotations"].append(one["annotations"][0])
    )


def coco_cut_off(folder: Path) -> None:
    file = folder / "people/people.json"
    file.write_text(file.read_text()[:-20])


def an_image_missing(folder: Path) -> None:
    (folder / "people/images/1.jpg").unlink()


def an_image_of_another_size(folder: Path) -> None:
    cv2.imwrite(str(folder / "valid/images/1.jpg"), np.zeros((10, 12, 3), np.uint8))


def a_folder_for_a_file(folder: Path) -> None:
    (folder / "people/people.json").unlink()
    (folder / "people/people.json").mkdir()


def a_brace_in_a_path(folder: Path) -> None:
    (folder / "json").rename(folder / "js{on}")
    changed(folder, "openpose", {"labels": "js{on}"})


def no_training(folder: Path) -> None:
    changed(folder, "online", {"window": f"{2 * FRAMES} frames"})


def no_training_in_seconds(folder: Path) -> None:
    changed(folder, "online", {"window": "4 s"})


def a_rate_that_picks_nothing(folder: Path) -> None:
    changed(folder, "online", {"window": "1 s", "rates": ["1%"]})


def changed(folder: Path, key: str, values: dict) -> None:
    file = folder / "mine.yaml"
    study = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump(study | {key: study[key] | values}))


BROKEN = (
    *(another_rate, no_video, an_empty_video, half_a_video, a_text_for_a_video),
    *(
        detections_that_end_early,
        a_broken_detection,
        a_body_left_open,
        a_second_category,
        repeated_ids,
    ),
    *(coco_cut_off, an_image_missing, an_image_of_another_size, a_folder_for_a_file),
    *(a_brace_in_a_path, no_training, no_training_in_seconds, a_rate_that_picks_nothing),
)


def jobs(plan: Plan, out: Path) -> Iterator[Callable[[], object]]:
    """What a run does until the cells, in the order of its rules, by the functions of its jobs."""
    study = plan.study
    yield lambda: plan.sources_are_there
    for key in ("coco", "validation"):
        given = getattr(study.student, key)
        if given:
            files = (given.annotations, given.images, out / f"{key}.h5")
            yield lambda files=files, key=key: coco.prepare(*files, evaluated=key == "validation")
    for slug, clip in plan.clips.items():
        where = {name: getattr(clip, name) for name in ("subject", "action", "subaction", "camera")}
        where |= {"slug": slug, "size": 32, "output": out / f"{slug}.h5", "fps": clip.fps}
        yield lambda clip=clip, where=where: extraction.extract(clip.video, None, **where)
    files = [out / f"{slug}.h5" for slug in plan.clips]
    any_rate = "--any-rate" in plan.index_options("stream")
    yield lambda: write_index(out / "stream.json", files, any_rate=any_rate)
    given = study.settings_of("openpose")
    for clip in plan.clips.values() if given else ():

        def detections(clip=clip):
            from_json(given.labels, clip.video, video.info(clip.video), given)

        yield detections
    for cell in plan.cells:

        def trained(cell=cell):
            timing = Stream(out / "stream.json").timing
            require_trainings(cell.method, cell.rate, timing, study.online)

        yield trained


def refusal(plan: Plan, out: Path) -> str:
    out.mkdir()
    for job in jobs(plan, out):
        try:
            job()
        except BadInput as fault:
            return str(fault)
    return ""


def plan_of(whole: Path, tmp_path: Path, broken: Callable[[Path], None] | None) -> Plan:
    folder = shutil.copytree(whole, tmp_path / "study")
    (folder / "mine.yaml").write_text(yaml.safe_dump(STUDY))
    if broken:
        broken(folder)
    return planned({"study": str(folder / "mine.yaml")}, ROOT / "config")


def test_what_is_whole_passes_both(whole: Path, tmp_path: Path) -> None:
    plan = plan_of(whole, tmp_path, None)
    assert not check.look(plan).faults
    assert not refusal(plan, tmp_path / "out")


@pytest.mark.parametrize("broken", BROKEN, ids=lambda function: function.__name__)
def test_a_check_and_the_run_say_the_same(whole, tmp_path, broken, tried) -> None:
    plan = plan_of(whole, tmp_path, broken)
    told = refusal(plan, tmp_path / "out")
    assert told.isprintable() and told
    (fault,) = {str(fault): fault for fault in check.look(plan).faults}.values()
    if broken is an_image_missing:  # of which a check counts all, and the job meets the first
        assert told.startswith(f"{fault.path}: ") and told.endswith(f"{fault.fix}.")
    else:
        assert str(fault) == told
    tried("8", "an input that a run refuses, before it", {"refused by the check, same words": 1})


RENDERED = {"extends": "tiny", "source": {"kind": "rendered", "exclude": []}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"online": {"window": "120 frames"}}, "online.window=120 frames: is no shorter than"),
        ({"online": {"window": "1000 s"}}, "online.window=1000 s: is no shorter than the stream"),
        (
            {"online": {"window": "1 s", "rates": ["10%"]}},
            "online.rates=10%: picks nothing of a w",
        ),
        (
            {"online": {"continual_every": "2000 frames"}},
            "online.continual_every=2000 frames: is no",
        ),
        ({"offline": {"rates": ["1/1000000"]}}, "offline.rates=0.0001%: picks nothing of the"),
        (
            {"offline": {"rates": ["1/100"], "select_from": "clip"}},
            "offline.rates=1%: picks nothing of a clip's",
        ),
        (
            {"offline": None, "strategies": [], "online": {"methods": []}},
            "study=mine: has no cell: it has no strategy, no method and no offline half",
        ),
    ],
)
def test_a_rendered_study_is_refused_when_it_is_planned(tmp_path, changes, told, tried) -> None:
    study = RENDERED | {key: value for key, value in changes.items() if key != "online"}
    study["online"] = {"rates": ["20%"], "once_rate": "20%", **changes.get("online", {})}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(study))
    with pytest.raises(BadInput) as error:
        planned({"study": str(tmp_path / "mine.yaml")}, ROOT / "config")
    assert str(error.value).startswith(told)
    tried("8", "settings that the rendered frames are too few for", {"refused by the plan": 1})


def test_a_checkpoint_is_opened_as_the_job_opens_it(tmp_path: Path, tried) -> None:
    (tmp_path / "mine.pt").write_bytes(b"no weights")
    study = {"extends": "mini", "student": {"checkpoint": "mine.pt"}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(study))
    script = str(ROOT / "scripts/import_checkpoint.py")
    job = [script, "--checkpoint", tmp_path / "mine.pt", "--input-size", "96"]
    job += ["--network", "densenet_small", "--output", tmp_path / "out.pt"]
    told = []
    for command in (["-m", "posequery", "check", tmp_path / "mine.yaml"], job):
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        told.append(done.stderr)
    assert told[0] == told[1] and "mine.pt: is truncated or not a checkpoint" in told[0]
    tried("8", "an input that a run refuses, before it", {"refused by the check, same words": 1})

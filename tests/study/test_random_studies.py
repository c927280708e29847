"""Whatever stands in a study's file, it is loaded and planned, or refused in one line, soon."""

import copy
import random
import time
from collections import Counter

import pytest
import yaml
from runs import ROOT, snakemake

from posequery.jobs.files import BadInput
from posequery.study.loading import load_study
from posequery.study.plan import Plan

CONFIG = ROOT / "config"
STUDIES = {
    "own videos": {
        "videos": ["a.mp4", "b.mp4"],
        "seeds": [0, 1],
        "strategies": ["uniform", {"least_confidence": {"over": "mean"}}],
        "online": {"window": "10 s", "rates": ["5%", 0.2], "methods": ["baseline"]},
    },
    "rendered": {
        "source": {"kind": "rendered", "stream_frames": 28, "exclude": ["S9 Greeting"]},
        "teachers": ["ground_truth", "network"],
        "offline": {"rates": ["1%", "20 %"], "select_from": "pool"},
        "online": {"window": "90 frames", "rates": ["2%"], "once_rate": "1/50"},
        "student": {"name": "densenet_small", "input_size": 96, "images": 50, "image_size": 128},
        "training": {
            "epochs": 2,
            "learning_rate": 0.001,
            "schedule": [1],
            "augmentation": {"scale": [0.5, 2.0], "hue": 0.01},
        },
        "device": "cpu",
        "workers": 0,
    },
    "the paper's": {
        "extends": "human36m",
        "source": {"root": "data", "cameras": ["54138969"], "pool_subjects": ["S1", "S5"]},
        "openpose": {"labels": "json", "scale_size": "656x368", "keypoint_scale": 1},
        "student": {"coco": {"annotations": "a.json", "images": "b"}, "backbone": "c.pth"},
    },
}
NUMBERS = (0, -1, 1, 2**53 + 1, 10**30, -(10**30), 0.5, 1e308, -1e-308, float("nan"), float("inf"))
WORDS = (
    *(
        "",
        " ",
        "null",
        "1e-99999999",
        "1e9999 s",
        "-5 frames",
        "1/0",
        "0/1",
        "100 %",
        "∞",
        "٣",
        "½",
    ),
    *("é\u0301", "\u202egnp", "a\nb", "a\tb", "a\0b", "\ud800", "x" * 300, "x" * 5000, "9" * 5000),
    *("{}", "{a}", "$HOME", "~nobody/x", "../../..", "/dev/zero", "http://a/b", "uniform,random"),
    *(
        "1:30",
        "010",
        "0x10",
        "1_000",
        "on",
        "no",
        "2024-13-45",
        "yes: no",
        "!!python/x",
        "*a",
        "&a",
    ),
)
OTHERS = (None, True, False, [], {}, [[]], [None], {"a": {"b": []}}, [{"a": 1}, {"b": 2}])
KEYS = ("", "a.b", "extends", "videos", "only", "study", "name", "kind", "rates", "onlin", "1", "é")


def places(value, at=()):
    """The path of every value in a nested one."""
    yield at
    several = isinstance(value, dict | list)
    inner = value.items() if isinstance(value, dict) else enumerate(value if several else ())
    for key, below in inner:
        yield from places(below, (*at, key))


def drawn(chance):
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(NUMBERS)
    if kind == 1:
        return chance.choice(OTHERS)
    if kind == 2:
        return [drawn(chance) for _ in range(chance.randrange(4))]
    return chance.choice(WORDS)


def changed(study, chance):
    """A study with one to three of its values replaced, dropped, nested or added to."""
    study = copy.deepcopy(study)
    for _ in range(chance.randint(1, 3)):
        *way, last = chance.choice([at for at in places(study) if at])
        holder = study
        for key in way:
            holder = holder[key]
        what = chance.randrange(6)
        if what == 0:
            del holder[last]
        elif what == 1 and isinstance(holder, dict):
            holder[chance.choice(KEYS)] = drawn(chance)
        elif what == 2:
            holder[last] = [holder[last]]
        elif what == 3:
            holder[last] = {"a": holder[last]}
        else:
            holder[last] = drawn(chance)
        study = study or {"seeds": [0]}
    return study


def written(study, chance):
    """A study as its file, now and then spoilt."""
    text = yaml.safe_dump(study, allow_unicode=True, sort_keys=False)
    data = text.encode("utf-8", "surrogatepass")
    spoil = chance.randrange(12)
    if spoil == 0:
        data = data[: chance.randrange(len(data))]
    elif spoil == 1:
        data += data.splitlines(keepends=True)[0]
    elif spoil == 2:
        place = chance.randrange(len(data))
        data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
    elif spoil == 3:
        data += b"training: " + b"[" * chance.choice((30, 300, 9000))
    return data


def refusal(path):
    """What a study is refused with, or '' if it is planned; in either case within 2 seconds."""
    begun = time.process_time()
    try:
        plan = Plan(load_study(str(path), {}, CONFIG))
        plan.final_files(), plan.captions()
        told = ""
    except BadInput as error:
        told = str(error)
    assert time.process_time() - begun < 2
    return told


@pytest.mark.parametrize("name", STUDIES)
def test_a_random_study_is_planned_or_refused_in_one_line(tmp_path, name, tries, seed, tried):
    path, outcomes = tmp_path / "mine.yaml", Counter()
    path.write_bytes(yaml.safe_dump(STUDIES[name]).encode())
    assert not refusal(path), "the unchanged study is valid"
    for number in range(tries):
        chance = random.Random(f"{seed} {name} {number}")
        path.write_bytes(written(changed(STUDIES[name], chance), chance))
        try:
            told = refusal(path)
            assert told.isprintable() and len(told) < 5000, told
            named = told.startswith((f"{path}: ", "online.", "offline.", "study=mine: "))
            assert not told or named, told
        except Exception as error:
            raise AssertionError(f"try {number} of seed {seed}: {path.read_bytes()!r}") from error
        outcomes["refused in one line" if told else "planned"] += 1
    assert outcomes["refused in one line"] > tries / 2 > 0
    tried("12", f"a random study file, from {name}", outcomes)


def test_snakemake_refuses_a_random_study_in_one_line(tmp_path, seed, tried):
    refused = 0
    for number in range(3):
        chance = random.Random(f"{seed} run {number}")
        path = tmp_path / "mine.yaml"
        while not path.exists() or not refusal(path):
            path.write_bytes(written(changed(STUDIES["rendered"], chance), chance))
        done = snakemake(tmp_path, "--dry-run", "--config", f"study={path}", ok=False)
        told = [line for line in done.stderr.splitlines() if not line.startswith("Config file ")]
        assert done.returncode == 1 and told == [f"error: {refusal(path)}"], path.read_bytes()
        refused += 1
    tried("12", "a random study file, given to snakemake", {"refused in one line": refused})

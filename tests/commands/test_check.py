"""What the command line gives to a check."""

import argparse
import json

import pytest
import pythons

from posequery.commands.check import keys


def test_keys_are_a_json_object():
    assert keys('{"student": {"images": 100}}') == {"student": {"images": 100}}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[]", "is no JSON object"),
        ("3", "is no JSON object"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"study": "mini"}', "names a study"),
    ],
)
def test_anything_else_is_refused(text, fault):
    with pytest.raises(argparse.ArgumentTypeError, match=fault):
        keys(text)


def test_a_refusal_is_one_line(posequery):
    done = posequery("check", "tiny", "--config", "[]")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "argument --config: is no JSON object" in done.stderr


def test_the_interpreter_that_config_names_is_asked_for_the_engine(posequery, tmp_path):
    engine = {"online": {"engine": "torch2trt"}}
    python = pythons.having(tmp_path, "tensorrt", "torch2trt")
    done = posequery("check", "tiny", "--config", json.dumps(engine | {"python": python}))
    assert done.returncode == 0, done.stderr
    assert "Nothing is missing or broken." in done.stdout and "together" in done.stdout
    python = pythons.bare(tmp_path)
    done = posequery("check", "tiny", "--config", json.dumps(engine | {"python": python}))
    assert done.returncode == 1 and not done.stderr
    assert f"needs tensorrt and torch2trt, not installed in {python}." in done.stdout


def test_an_interpreter_that_is_not_there_is_one_line(posequery):
    for engine in ("torch2trt", "torch"):
        config = {"online": {"engine": engine}, "python": "/no/python"}
        done = posequery("check", "tiny", "--config", json.dumps(config))
        assert done.returncode == 1 and "Traceback" not in done.stderr
        (line,) = [line for line in (done.stdout + done.stderr).splitlines() if "/no/" in line]
        assert "No such file or directory" in line

"""What the command line gives to a check."""

import argparse

import pytest

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

"""The registry of kinds of source; each kind's own file inherits the common suite."""

import subprocess
import sys
from pathlib import Path

import pytest
from dropping import dropped

from posequery.sources import kinds

ROOT = Path(__file__).resolve().parents[3]

TOY = '''
"""A video that somebody named."""
from typing import Literal

from posequery.sources.kinds import ClipSource, Source


class Toy(Source):
    """One video."""

    title = "a toy"

    kind: Literal["toy"] = "toy"
    file: str
    """Its path."""

    def clips(self, out, offline):
        return [ClipSource("toy", "person", "play", 1, "own", self.file, None, ("stream",))]


SOURCE = Toy
'''


def test_every_kind_inherits_the_common_suite():
    for name in kinds.names():
        text = Path(__file__).with_name(f"test_{name}.py").read_text()
        assert f'(SourceSuite):\n    name = "{name}"' in text


def test_a_kind_is_one_file(tmp_path):
    with dropped(kinds, tmp_path / "kinds", "toy", TOY):
        assert "toy" in kinds.names()
        toy = kinds.load("toy")(file="a.mp4")
    assert [clip.video for clip in toy.clips("results/mine", offline=False)] == ["a.mp4"]
    assert (toy.has_truth, toy.filmed, toy.makes, toy.readings(False)) == (False, True, "", {})
    assert [fault.path for fault in toy.faults([Path("a.mp4")])] == ["a.mp4"]
    assert "toy" not in kinds.names()


def test_a_kind_without_clips_is_none(tmp_path):
    broken = TOY.replace("def clips", "def clasps")
    with (
        dropped(kinds, tmp_path / "kinds", "toy", broken),
        pytest.raises(TypeError, match="abstract method '?clips"),
    ):
        kinds.load("toy")(file="a.mp4")


def test_an_unknown_kind_gets_the_nearest():
    with pytest.raises(ValueError, match="no source kind is called 'rendred': did you mean 'ren"):
        kinds.load("rendred")


def test_the_default_is_a_kind():
    assert kinds.DEFAULT in kinds.names()


def test_loading_every_kind_opens_no_decoder():
    code = (
        "import sys; from posequery.sources import kinds; [*map(kinds.load, kinds.names())]; "
        "print(*({'torch', 'cv2', 'av', 'h5py', 'cdflib'} & {*sys.modules}))"
    )
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

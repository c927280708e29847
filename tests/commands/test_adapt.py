"""Videos of one's own: the study that is written of them, and run."""

import argparse
import errno
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from media import numbered, write_video

from posequery.commands.adapt import write_study
from posequery.commands.console import called
from posequery.commands.options import frame_rate
from posequery.jobs.files import BadInput
from posequery.study.loading import load_study

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(autouse=True)
def inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def videos(tmp_path):
    # A window is 10 s, and 4 % of its frames are picked.
    films = [numbered(n) for n in range(33)]
    return [write_video(tmp_path / name, films, rate=3) for name in ("my walk.mp4", "b.mp4")]


def test_a_study_of_the_videos_is_written_and_run(videos, started, capsys):
    called(["adapt", "my walk.mp4", "b.mp4"])
    assert started == [["results/my-walk.yaml"]]
    study = load_study("results/my-walk.yaml", {}, CONFIG)
    assert study.source.videos == videos
    assert study.teachers == ["blazepose"] and study.name == "my-walk"
    assert "results/my-walk/cells/online/stream/" in capsys.readouterr().out


def test_the_same_command_again_goes_on_and_another_video_is_refused(videos, started):
    called(["adapt", "my walk.mp4", "--name", "walk"])
    written = Path("results/walk.yaml").read_text()
    called(["adapt", str(videos[0]), "--name", "walk"])
    assert started == [["results/walk.yaml"]] * 2
    with pytest.raises(BadInput, match="is there already, with other videos or settings"):
        called(["adapt", "b.mp4", "--name", "walk"])
    assert Path("results/walk.yaml").read_text() == written and len(started) == 2


def test_a_file_that_was_edited_is_left_alone(videos, started):
    called(["adapt", "b.mp4"])
    with open("results/b.yaml", "a") as file:
        file.write("strategies: [random]\n")
    with pytest.raises(BadInput, match="posequery report results/b.yaml"):
        called(["adapt", "b.mp4"])


def test_videos_that_do_not_suffice_leave_no_file(videos, tmp_path, started, capsys):
    write_video(tmp_path / "short.mp4", [numbered(n) for n in range(8)])
    with pytest.raises(SystemExit, match="1"):
        called(["adapt", "short.mp4", "--name", "walk"])
    assert (
        "online.window=10 s: is no shorter than the stream of 8 frames" in capsys.readouterr().out
    )
    assert not started and not Path("results").exists()
    called(["adapt", "b.mp4", "--name", "walk"])
    assert started == [["results/walk.yaml"]]


def test_a_folder_of_results_that_was_there_stays(tmp_path, started):
    write_video(tmp_path / "short.mp4", [numbered(n) for n in range(8)])
    Path("results").mkdir()
    with pytest.raises(SystemExit, match="1"):
        called(["adapt", "short.mp4"])
    assert Path("results").is_dir() and not list(Path("results").iterdir())


@pytest.mark.parametrize("name", ["a/b", "..", "ä"])
def test_a_name_that_is_refused_leaves_nothing(videos, tmp_path, started, name):
    with pytest.raises(BadInput, match="cannot be a study's name"):
        called(["adapt", "b.mp4", "--name", name])
    assert not started and {*tmp_path.iterdir()} == {*videos}


def test_a_file_that_cannot_be_written_leaves_nothing(videos, started, monkeypatch):
    def full(*_):
        Path("results").mkdir()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("posequery.commands.adapt.write_text", full)
    with pytest.raises(OSError, match="No space left"):
        called(["adapt", "b.mp4"])
    assert not started and not Path("results").exists()


def test_a_file_that_was_there_stays_where_its_videos_do_not_suffice(tmp_path, started):
    file = write_study("walk", [write_video(tmp_path / "a.mp4", [numbered(0)])], None)
    with pytest.raises(SystemExit, match="1"):
        called(["adapt", "a.mp4", "--name", "walk"])
    assert file.exists() and not started


def test_what_stops_the_planning_leaves_no_file(videos, started):
    Path("results/walk/measures").mkdir(parents=True)
    Path("results/walk/measures/offline.csv").touch()
    with pytest.raises(BadInput, match="holds results of an older version"):
        called(["adapt", "b.mp4", "--name", "walk"])
    assert not started and not Path("results/walk.yaml").exists()


def test_a_rate_is_handed_on_exactly(tmp_path):
    (tmp_path / "frames").mkdir()
    file = write_study("frames", [tmp_path / "frames"], Fraction(30000, 1001))
    assert load_study(str(file), {}, CONFIG).source.fps == Fraction(30000, 1001)


@pytest.mark.parametrize("name", ["a/b", "..", "", "ä", "a" * 101])
def test_a_name_that_cannot_be_a_folders_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match="cannot be a study's name"):
        write_study(name, [tmp_path / "b.mp4"], None)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("what", ["missing", "a picture", "cut off", "an address"])
def test_what_is_no_video_leaves_no_file(tmp_path, started, what):
    film = write_video(tmp_path / "film.mp4", [numbered(n) for n in range(30)])
    source = "film.mp4"
    if what == "cut off":
        film.write_bytes(film.read_bytes()[:300])
    elif what == "a picture":
        import cv2

        source = "still.png"
        cv2.imwrite(source, np.zeros((8, 8, 3), np.uint8))
    elif what == "an address":
        source = "rtsp://camera/1"
    else:
        source = "none.mp4"
    with pytest.raises(BadInput):
        called(["adapt", source])
    assert not started and not Path("results").exists()


def test_a_rate_that_is_none_is_one_line(posequery):
    done = posequery("adapt", "film.mp4", "--fps", "0")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "'0' is no frame rate: write 25, 29.97 or 30000/1001" in done.stderr


@pytest.mark.parametrize(
    "text", ["1/0", "fast", "nan", "", "-25", "0", "1e99999999", "25 ", "²", "1000.001", "0.0009"]
)
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        frame_rate(text)
    assert str(caught.value).startswith(f"'{text}' is no frame rate: write 25")
    assert str(caught.value).endswith("from 0.001 to 1000")  # each of which is taken


def test_a_rate_is_read_exactly():
    texts = ("25", "29.97", "30000/1001", "0.001", "1000")
    exact = [(25, 1), (2997, 100), (30000, 1001), (1, 1000), (1000, 1)]
    assert [frame_rate(text).as_integer_ratio() for text in texts] == exact

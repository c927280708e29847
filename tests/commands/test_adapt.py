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
    assert capsys.readouterr().out == "The study: results/my-walk.yaml.\n"


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
    told = capsys.readouterr().out
    assert "online.window=10 s: is no shorter than the stream of 8 frames" in told
    assert told.endswith(
        "Give another --window: shorter than the videos together, 0.16 s, and of at least 25 "
        "frames.\n"
    )
    assert not started and not Path("results").exists()
    called(["adapt", "b.mp4", "--name", "walk"])
    assert started == [["results/walk.yaml"]]


def test_a_short_video_is_adapted_to_with_a_shorter_window(tmp_path, started, capsys):
    write_video(tmp_path / "short.mp4", [numbered(n) for n in range(100)], rate=60)
    with pytest.raises(SystemExit, match="1"):
        called(["adapt", "short.mp4"])
    for window in ("2 s", "0.1 s"):
        with pytest.raises(SystemExit, match="1"):
            called(["adapt", "short.mp4", "--window", window])
        assert "1.67 s, and of at least 25 frames." in capsys.readouterr().out
    called(["adapt", "short.mp4", "--window", "0.5  s"])
    called(["adapt", "short.mp4", "--window", "1/2 s"])  # it is the same study
    assert started == [["results/short.yaml"]] * 2
    study = load_study("results/short.yaml", {}, CONFIG)
    assert study.online.window == "1/2 s" and study.online.rates[0] == Fraction(1, 25)
    with pytest.raises(BadInput, match="is there already, with other videos or settings"):
        called(["adapt", "short.mp4", "--window", "1 s"])


@pytest.mark.parametrize("text", ["2", "fast", "0 s", "-1 s", "2.5 frames", "2 s 3", ""])
def test_what_is_no_stretch_is_one_line(posequery, text):
    done = posequery("adapt", "film.mp4", "--window", text)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"posequery adapt: error: argument --window: '{text}' ")


@pytest.fixture
def student(tmp_path):
    """Another study's pre-trained student, and the same at another input size."""
    from posequery.student import checkpoint
    from posequery.student.network import build

    for name, side in (("pretrained.pt", 128), ("small.pt", 96)):
        info = checkpoint.CheckpointInfo("densenet_small", side, checkpoint.STUDENT)
        checkpoint.save(tmp_path / name, build("densenet_small", "any"), info)
    return tmp_path / "pretrained.pt"


def test_a_student_that_is_given_is_started_from(videos, student, started):
    """Each study rendered its images and pre-trained the same student again."""
    called(["adapt", "b.mp4", "--weights", "pretrained.pt"])
    assert started == [["results/b.yaml"]]
    assert load_study("results/b.yaml", {}, CONFIG).student.checkpoint == student


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("b.mp4", "is truncated or not a checkpoint"),
        ("small.pt", "was trained at 96 pixels, but the clips have 128"),
    ],
)
def test_a_student_that_cannot_be_used_leaves_no_file(videos, student, started, name, fault):
    with pytest.raises(BadInput) as error:
        called(["adapt", "b.mp4", "--weights", name])
    told = str(error.value)
    assert told.startswith(f"--weights: {student.with_name(name)}: {fault}")
    assert "Give a student of densenet_small at 128 pixels" in told
    assert not started and not Path("results").exists()


def test_a_student_that_is_not_there_leaves_no_file(videos, started, capsys):
    with pytest.raises(SystemExit, match="1"):
        called(["adapt", "b.mp4", "--weights", "none.pt"])
    assert "none.pt: " in capsys.readouterr().out
    assert not started and not Path("results").exists()


def test_a_folder_of_results_that_was_there_stays(tmp_path, started):
    write_video(tmp_path / "short.mp4", [numbered(n) for n in range(8)])
    Path("results").mkdir()
    with pytest.raises(SystemExit, match="1"):
        called(["adapt", "short.mp4"])
    assert Path("results").is_dir() and not list(Path("results").iterdir())


@pytest.mark.parametrize("name", ["a/b", "..", "ä", ""])
def test_a_name_that_is_refused_leaves_nothing(videos, tmp_path, started, name):
    with pytest.raises(BadInput, match="cannot be a study's name"):
        called(["adapt", "b.mp4", "--name", name])
    assert not started and {*tmp_path.iterdir()} == {*videos}


def test_a_video_whose_name_makes_none_asks_for_one(videos, tmp_path, started):
    """It said that a --name that nobody gave was no name."""
    videos[1].rename("日本.mp4")
    told = r"^日本\.mp4: its name makes no study's name, .*\. Give --name, of letters, digits"
    with pytest.raises(BadInput, match=told):
        called(["adapt", "日本.mp4"])
    assert not started and not Path("results").exists()
    called(["adapt", "日本.mp4", "--name", "japan"])
    assert started == [["results/japan.yaml"]]


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

"""Paths that are no file, or may not be read."""

import os
import stat
from pathlib import Path

import pytest

from posequery.jobs.files import BadInput
from posequery.sources import extraction, video
from posequery.sources.access import refuse_live, require_readable
from posequery.sources.kinds.videos import Videos
from posequery.study.loading import load_study

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("rtsp://user:word@10.0.0.7:554/live", "-i rtsp://user:word@10.0.0.7:554/live -c copy"),
        ("rtsp:/10.0.0.7/live", "-i rtsp://10.0.0.7/live -c copy"),
        ("http://camera/stream.mjpg", "-i http://camera/stream.mjpg -c copy"),
        ("HTTPS://example.org/a.m3u8", "-i HTTPS://example.org/a.m3u8 -c copy"),
        ("udp://@239.0.0.1:1234", "-i udp://@239.0.0.1:1234 -c copy"),
        ("0", "-f v4l2 -i /dev/video0"),
        ("/dev/video12", "-f v4l2 -i /dev/video12"),
    ],
)
def test_a_live_stream_is_recorded_first(name, source, tried):
    for read in (refuse_live, video.info, lambda name: list(video.frames(name))):
        with pytest.raises(BadInput) as caught:
            read(name)
        assert "a live stream is not read" in caught.value.fault
        # Of the address that `pathlib` had passed on, one slash was missing.
        assert caught.value.path == (name if "://" in name else name.replace(":/", "://"))
        assert f"ffmpeg {source} -t 600 OUT.mp4" in caught.value.fix
    for videos in ([name], ["a.mp4", name], name):
        with pytest.raises(ValueError, match="a live stream is not read"):
            Videos(videos=videos)
    tried("16", "an address or a camera as a video", {"refused": 1})


@pytest.mark.parametrize("videos", ["0", "[0]", "-1", "[a.mp4, 1]", "/dev/video9", "'0'"])
def test_a_camera_is_refused_in_a_study_in_one_line(tmp_path, videos, tried):
    (tmp_path / "mine.yaml").write_text(f"videos: {videos}")
    with pytest.raises(BadInput) as caught:
        load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
    assert "a live stream is not read, only files are" in str(caught.value)
    assert "Record it to a file (ffmpeg -f v4l2 -i /dev/video" in str(caught.value)
    tried("9", "a camera in a study", {"refused": 1})


@pytest.mark.parametrize(
    "address",
    ["rtsp://me:secret@10.0.0.7/a", "rtsp:/me:se@cret@h/a", "http://h/a?user=me&pwd=secret&n=1"],
)
@pytest.mark.parametrize("videos", ["ADDRESS", "[ADDRESS]", "[[ADDRESS]]", "{url: ADDRESS}"])
def test_a_password_is_never_printed(tmp_path, videos, address, tried):
    text = videos.replace("ADDRESS", f'"{address}"')
    (tmp_path / "mine.yaml").write_text(f"extends: null\nvideos: {text}")
    with pytest.raises(BadInput) as caught:
        load_study(str(tmp_path / "mine.yaml"), {}, CONFIG)
    told = str(caught.value)
    assert "cret" not in told and ":" in told
    assert "secret" not in str(BadInput(address, f"is no file, as {address}", f"Not '{address}'"))
    tried("9", "an address with a password in a message", {"hidden": 1})


def test_a_file_of_such_a_name_is_a_file(tmp_path, monkeypatch, write_video, numbered):
    monkeypatch.chdir(tmp_path)
    for name in ("0", "it: a.mp4", "a:b"):
        write_video(tmp_path / name, [numbered(0)] * 2)
        assert len(list(video.frames(name))) == 2
    refuse_live("file:/a.mp4")


def locked(monkeypatch, path):
    """Makes a file or folder unreadable, to root as well."""
    real = os.open

    def refusing(name, *more, **options):
        if os.fspath(name) == os.fspath(path):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(name, *more, **options)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(os, "access", lambda name, mode: os.fspath(name) != os.fspath(path))


def test_unreadable_is_not_broken(
    tmp_path, monkeypatch, write_video, numbered, write_cdf, pose, tried
):
    path = write_video(tmp_path / "v.mp4", [numbered(number) for number in range(9)])
    labels = write_cdf(tmp_path / "v.cdf", pose)
    reads = {
        path: (video.info, video.require_end, lambda path: list(video.frames(path))),
        labels: (lambda path: extraction.read_annotation(path, "S1", "Eating", "1"),),
    }
    for file, ways in reads.items():
        locked(monkeypatch, file)
        for read in ways:
            with pytest.raises(BadInput) as caught:
                read(file)
            assert caught.value.path == str(file)
            assert caught.value.fault == "may not be read: permission denied"
            assert "chmod u+rX" in caught.value.fix
            tried("9", "files without permission", {"refused": 1})


def test_one_unreadable_image_of_many(tmp_path, monkeypatch):
    for number in range(1, 4):
        (tmp_path / f"a_{number:06d}.jpg").write_bytes(b"\xff\xd8\xff\xd9")
    locked(monkeypatch, tmp_path / "a_000002.jpg")
    with pytest.raises(BadInput, match=r"a_000002\.jpg: may not be read"):
        list(video.frames(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_real_permissions(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    file = folder / "v.mp4"
    file.write_bytes(b"x")
    file.chmod(0)
    with pytest.raises(BadInput, match=r"v\.mp4: may not be read"):
        require_readable(file)
    folder.chmod(0)
    for path in (file, folder):
        with pytest.raises(BadInput, match="may not be read"):
            require_readable(path)
    folder.chmod(stat.S_IRWXU)


def test_a_named_pipe_is_not_waited_for(tmp_path, tried):
    os.mkfifo(tmp_path / "v.mp4")
    with pytest.raises(BadInput, match="is no regular file"):
        video.info(tmp_path / "v.mp4")
    tried("12", "a named pipe as a video", {"refused": 1})


def test_what_is_missing_is_left_to_the_reader(tmp_path):
    require_readable(tmp_path / "none.mp4")
    with pytest.raises(BadInput, match="there is no such video"):
        video.info(tmp_path / "none.mp4")

"""Small pictures of a stream: which frames, their shape, and where a page may hold them."""

import base64
from dataclasses import replace

import cv2
import numpy as np

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs.files import whole
from posequery.report.html import thumbnails as made
from posequery.report.html.write import render


def stream_of(folder, levels, width, height):
    """A clip whose frames are grey, each of its level."""
    path = folder / "grey.h5"
    info = ClipInfo("grey", "S1", "Walking", 1, "1", len(levels), 5.0, width, height, 64, "v.mp4")
    with whole(path) as temporary, ClipWriter(temporary) as writer:
        for level in levels:
            writer.append(np.full((64, 64, 3), level, np.uint8))
        writer.close(info, None)
    write_index(folder / "grey.json", [path])
    return Stream(folder / "grey.json")


def decoded(uri):
    start = "data:image/webp;base64,"
    assert uri.startswith(start)
    data = np.frombuffer(base64.b64decode(uri.removeprefix(start)), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def test_a_long_stream_has_evenly_spaced_frames_in_their_videos_shape(tmp_path, monkeypatch):
    monkeypatch.setattr(made, "MOST", 3)
    found = made.thumbnails(stream_of(tmp_path, range(0, 250, 50), 1920, 1080))
    assert found["frames"] == [0, 2, 4]
    images = [decoded(image) for image in found["images"]]
    assert [image.shape for image in images] == [(36, 64, 3)] * 3
    assert [round(image.mean() / 50) for image in images] == [0, 2, 4]


def test_a_short_stream_has_all_of_them(tmp_path):
    assert made.thumbnails(stream_of(tmp_path, [0, 9], 10, 20))["frames"] == [0, 1]


def test_a_page_holds_them_only_where_frames_may_be_shown(sources, cells, parsed):
    own = sources(cells)
    assert not parsed(render(own)).all("script", id="thumbnails")
    assert parsed(render(replace(own, frames=True))).all("script", id="thumbnails")

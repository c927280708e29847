"""A video that is a folder of numbered JPEGs."""

import shutil

import cv2
import numpy as np
import pytest

from posequery.jobs.files import BadInput
from posequery.sources import video

NAME = "S1_Eating_2.54138969"
WIDTH, HEIGHT = 101, 99


@pytest.fixture
def folder(tmp_path, numbered):
    """Twelve images, in a folder whose name provokes FFmpeg's patterns and protocols."""
    folder = tmp_path / "100 %d: it's" / NAME
    folder.mkdir(parents=True)
    for frame in range(12):
        write(folder, frame, numbered(frame, WIDTH, HEIGHT))
    return folder


def image(folder, frame):
    return folder / f"{NAME}_{frame + 1:06d}.jpg"


def write(folder, frame, pixels):
    cv2.imwrite(str(image(folder, frame)), pixels[:, :, ::-1])


def read(path, **options):
    return list(video.frames(path, **options))


def refused(folder, fault, path):
    for threads in (1, 2):
        with pytest.raises(BadInput, match=fault) as caught:
            read(folder, size=16, threads=threads)
        assert caught.value.path == str(path)


@pytest.mark.parametrize("size", [None, 32])
@pytest.mark.parametrize("threads", [1, 3])
def test_frame_i_is_image_i_plus_one(folder, number, size, threads):
    found = read(folder, size=size, threads=threads)
    assert [number(frame) for frame in found] == list(range(12))
    assert found[0].shape == ((32, 32, 3) if size else (HEIGHT, WIDTH, 3))


def test_its_declared_properties(folder):
    assert video.info(folder) == video.VideoInfo(WIDTH, HEIGHT, 50, 12)


def test_other_and_hidden_files_are_ignored(folder):
    for name in ("Thumbs.db", f"._{NAME}_000001.jpg", "notes.txt"):
        (folder / name).write_text("")
    assert len(read(folder)) == 12


def test_colours_are_the_jpeg_s(folder):
    """Full-range, and in RGB: an independent decoder gives the same."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    smooth = np.stack([2 * columns, 2 * rows, 255 - columns - rows], axis=2).astype(np.uint8)
    write(folder, 0, smooth)
    other = cv2.imread(str(image(folder, 0)))[:, :, ::-1].astype(int)
    assert np.abs(read(folder)[0] - other).max() <= 6
    assert np.abs(read(folder)[0] - other).mean() < 1


def test_a_missing_image_is_reported_before_anything_is_read(folder):
    image(folder, 3).unlink()
    image(folder, 8).unlink()
    refused(folder, f"lacks 2 of its 12 images, the first {NAME}_000004.jpg", folder)
    with pytest.raises(BadInput):
        video.info(folder)


def test_every_fifth_frame_is_not_a_video(folder):
    for frame in set(range(12)) - {0, 5, 10}:
        image(folder, frame).unlink()
    refused(folder, f"lacks 8 of its 11 images, the first {NAME}_000002.jpg", folder)


def test_no_images_and_the_images_of_two_videos(folder):
    shutil.copy(image(folder, 0), folder / "S1_Eating.54138969_000001.jpg")
    refused(folder, "holds several sets of images", folder)
    shutil.rmtree(folder)
    folder.mkdir()
    refused(folder, "holds no images named", folder)


@pytest.mark.parametrize("frame", [0, 5, 11])
@pytest.mark.parametrize("lost", [1, 20, 400])
def test_a_truncated_image_is_reported(folder, frame, lost):
    path = image(folder, frame)
    path.write_bytes(path.read_bytes()[:-lost])
    refused(folder, "is truncated or not a JPEG", path)


def test_an_empty_image_is_reported(folder):
    image(folder, 7).write_bytes(b"")
    refused(folder, "is empty", image(folder, 7))


def test_a_damaged_image_is_reported(folder):
    content = bytearray(image(folder, 7).read_bytes())
    content[100:400] = bytes(300)
    image(folder, 7).write_bytes(content)
    refused(folder, "damaged", image(folder, 7))


def test_an_image_of_another_size_is_reported(folder, numbered):
    write(folder, 7, numbered(7, WIDTH, HEIGHT - 2))
    refused(folder, "changes its frame size at frame 7", image(folder, 7))

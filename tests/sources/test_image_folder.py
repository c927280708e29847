"""A video that is a folder of numbered JPEGs."""

import shutil
import struct
from fractions import Fraction

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
    about = video.info(folder, Fraction(50))
    assert (about.width, about.height, about.fps, about.frames) == (WIDTH, HEIGHT, 50, 12)
    assert (about.stored, about.turns, about.mirrored) == ((WIDTH, HEIGHT), 0, False)


def test_nothing_says_how_fast_images_follow_one_another(folder):
    with pytest.raises(BadInput, match=r"has no clock.*\. State it: --fps \(source\.fps in"):
        video.info(folder)


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
    (folder / "frame1.png").write_bytes(b"a picture")
    refused(folder, r"holds no images named.* ffmpeg -i IN -fps_mode passthrough NAME_%06d", folder)


@pytest.mark.parametrize("frame", [0, 5, 11])
@pytest.mark.parametrize("lost", [1, 20, 400])
def test_a_truncated_image_is_reported(folder, frame, lost):
    path = image(folder, frame)
    path.write_bytes(path.read_bytes()[:-lost])
    refused(folder, "is truncated or not a JPEG", path)


def test_an_empty_image_is_reported(folder):
    image(folder, 7).write_bytes(b"")
    refused(folder, "is empty", image(folder, 7))


def test_a_link_that_leads_nowhere_is_reported(folder):
    image(folder, 7).unlink()
    image(folder, 7).symlink_to("nowhere.jpg")
    refused(folder, "is a link that leads nowhere", image(folder, 7))
    image(folder, 7).unlink()
    image(folder, 7).symlink_to(image(folder, 7).name)
    refused(folder, "cannot be read", image(folder, 7))


def test_a_damaged_image_is_reported(folder):
    content = bytearray(image(folder, 7).read_bytes())
    content[100:400] = bytes(300)
    image(folder, 7).write_bytes(content)
    refused(folder, "damaged", image(folder, 7))


def test_an_image_of_another_size_is_reported(folder, numbered):
    write(folder, 7, numbered(7, WIDTH, HEIGHT - 2))
    refused(folder, "changes its frame size at frame 7", image(folder, 7))


def exif(orientation, order="<"):
    """The bytes of a JPEG's segment that states its orientation (Exif 2.32, 4.6)."""
    entry = struct.pack(f"{order}HHIHH", 0x112, 3, 1, orientation, 0)
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, 1)
    segment = b"Exif\0\0" + tiff + entry + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment


def oriented(path, segment):
    content = path.read_bytes()
    path.write_bytes(content[:2] + segment + content[2:])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_images_are_shown_as_their_exif_data_state(folder, value, order, tried):
    """As OpenCV, which is independent of FFmpeg, shows them."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    smooth = np.stack([2 * columns, 2 * rows, 255 - columns - rows], axis=2).astype(np.uint8)
    for frame in range(12):
        write(folder, frame, smooth)
        oriented(image(folder, frame), exif(value, order))
    expected = cv2.imread(str(image(folder, 0)))[:, :, ::-1].astype(int)
    found = read(folder)
    assert all(frame.shape == expected.shape for frame in found)
    assert max(np.abs(frame.astype(int) - expected).mean() for frame in found) < 1
    about = video.info(folder, Fraction(50))
    assert (about.height, about.width) == expected.shape[:2]
    assert about.stored == (WIDTH, HEIGHT)
    tried("2", "images with an EXIF orientation", {"done right": 1})


def test_images_of_different_orientations_are_refused(folder):
    oriented(image(folder, 7), exif(6))
    refused(folder, "changes its shape as shown at frame 7", image(folder, 7))


def test_what_follows_an_images_end_does_not_matter(folder):
    """As of a motion photo, or where a camera pads its files."""
    path = image(folder, 11)
    path.write_bytes(path.read_bytes() + b"a film of the moment" + bytes(5000))
    video.require_end(folder)
    assert len(read(folder)) == 12

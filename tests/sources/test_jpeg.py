import cv2
import numpy as np
import pytest

from posequery.sources.jpeg import header, orientation

WIDTH, HEIGHT = 40, 30


@pytest.fixture(scope="module")
def photo():
    pixels = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def with_exif(photo, orientation, order="big"):
    """The photo with an EXIF segment, as a camera writes it before the rest."""
    first = b"MM\0\x2a" if order == "big" else b"II\x2a\0"
    number = lambda value, size: value.to_bytes(size, order)  # noqa: E731
    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2) + b"\0\0"
    other = number(0x0100, 2) + number(3, 2) + number(1, 4) + number(7, 2) + b"\0\0"
    tiff = first + number(8, 4) + number(2, 2) + other + entry + bytes(4)
    content = b"Exif\0\0" + tiff
    return photo[:2] + b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content + photo[2:]


@pytest.mark.parametrize("flags", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]])
def test_the_size_of_a_jpeg(flags):
    pixels = np.zeros((123, 77, 3), np.uint8)
    assert header(cv2.imencode(".jpg", pixels, flags)[1].tobytes()) == (77, 123, 1, True)
    assert header(cv2.imencode(".jpg", pixels[:, :, 0], flags)[1].tobytes())[:2] == (77, 123)


@pytest.mark.parametrize("order", ["big", "little"])
@pytest.mark.parametrize("orientation", range(10))
def test_an_orientation_is_the_one_that_opencv_applies(photo, orientation, order):
    data = with_exif(photo, orientation, order)
    found = header(data)
    assert found[:2] == (WIDTH, HEIGHT) and found.complete
    assert found.orientation == (orientation if 1 <= orientation <= 8 else 1)
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert (shown.shape[0] == WIDTH) == (found.orientation > 4)


@pytest.mark.parametrize("length", [0, 5, 9, 17])
def test_broken_exif_data_count_for_none(photo, length):
    assert orientation(with_exif(photo, 6)[12 : 12 + length]) == 1


def test_bytes_before_the_segments_and_after_the_end_do_not_matter(photo):
    assert header(photo[:2] + b"\xff\xff" + photo[2:]) == (WIDTH, HEIGHT, 1, True)
    assert header(photo + b"a film of the moment" + bytes(5000)) == (WIDTH, HEIGHT, 1, True)


def test_the_end_of_a_preview_is_not_the_photo_s(photo):
    preview = b"Exif\0\0" + photo
    data = photo[:2] + b"\xff\xe1" + (len(preview) + 2).to_bytes(2, "big") + preview + photo[2:]
    assert header(data) == (WIDTH, HEIGHT, 1, True)
    assert not header(data[:-2]).complete


def test_cut_and_random_bytes_never_raise(photo, tried):
    data, generator = with_exif(photo, 6), np.random.default_rng(1)
    found = [header(data[:length]) for length in range(len(data))]
    assert all(one is None or not one.complete for one in found)
    for _ in range(2000):
        hurt = bytearray(data)
        for place in generator.integers(0, 300, 3):
            hurt[place] = generator.integers(256)
        header(bytes(hurt))
        header(b"\xff\xd8" + generator.bytes(60))
    assert header(b"") is None and header(b"\x89PNG\r\n") is None
    tried("5", "a JPEG that is cut off", {"noticed": len(found)})

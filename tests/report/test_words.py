import numpy as np
import pytest

from posequery.report.words import fitted, write

TEXTS = ("uniform 20 %: pre-trained", "clé ½ Größe Ωμέγα", "$x_1$", "x" * 300, "a long name " * 30)


@pytest.mark.parametrize("room", [60, 200, 900])
@pytest.mark.parametrize("text", TEXTS)
def test_words_stay_in_their_room(text, room):
    image = np.zeros((30, 1000, 3), np.uint8)
    write(image, text, (10, 15), 16, (255, 255, 255), room)
    rows, columns = np.nonzero(image.any(axis=2))
    assert columns.min() >= 10 and columns.max() < 10 + room
    assert 2 < rows.min() and rows.max() < 28
    cut, size = fitted(text, 16, room)
    assert size >= 10
    assert cut == text or (cut.endswith("…") and size == 10)


def test_letters_are_seen_and_stand_in_their_middle():
    image = np.zeros((40, 100, 3), np.uint8)
    write(image, "xxx", (5, 20), 20, (255, 0, 0), 90)
    rows, _ = np.nonzero(image[..., 0] > 60)
    assert abs((rows.min() + rows.max()) / 2 - 20) <= 2
    assert np.ptp(rows) >= 8
    assert not image[..., 1:].any()
    write(image, "", (5, 20), 20, (0, 255, 0), 90)
    assert not image[..., 1].any()

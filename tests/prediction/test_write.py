"""A student's joints in a video, an image or a folder of frames, as files."""

import csv
import json
from fractions import Fraction

import cv2
import numpy as np
import pytest
from media import numbered, write_video

from posequery.jobs.files import BadInput
from posequery.prediction import write
from posequery.prediction.write import write_joints
from posequery.skeletons import JOINTS
from posequery.sources import video
from posequery.student import checkpoint
from posequery.student.prediction import predict


def read(path):
    """Seconds of each frame (n,), and its joints and their peaks (n, 18, 3), from a CSV."""
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert [row["joint"] for row in rows] == list(JOINTS) * (len(rows) // 18)
    assert [int(row["frame"]) for row in rows] == [n // 18 for n in range(len(rows))]
    poses = np.array([[row["x"], row["y"], row["peak"]] for row in rows], float)
    return np.array([row["seconds"] for row in rows[::18]], float), poses.reshape(-1, 18, 3)


def expected(weights, frames, size):
    done = predict(checkpoint.load(weights)[0], frames, np.tile(size, (len(frames), 1)))
    return np.concatenate([done.joints, done.peaks[:, :, None]], axis=2)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_rows_are_what_the_network_predicts_at_the_times_of_the_frames(tmp_path, weights):
    film = write_video(tmp_path / "film.mp4", [numbered(n) for n in range(35)], rate=25)
    files = write_joints(weights, film, tmp_path / "out")
    assert names(tmp_path / "out") == [file.name for file in files]
    assert [file.name for file in files] == ["film_joints.csv", "film_joints.json"]
    seconds, poses = read(files[0])
    np.testing.assert_allclose(seconds, np.arange(35) / 25)
    wanted = expected(weights, np.stack(list(video.frames(film, 96))), [64, 48])
    np.testing.assert_allclose(poses, wanted, atol=2e-3)
    made = json.loads(files[1].read_text())
    assert [image["file_name"] for image in made["images"][:2]] == [
        "film_000001.jpg",
        "film_000002.jpg",
    ]
    assert {(image["width"], image["height"]) for image in made["images"]} == {(64, 48)}
    assert len(made["images"]) == 35


def test_a_film_is_made_where_it_is_asked_for(tmp_path, weights):
    film = write_video(tmp_path / "film.mp4", [numbered(n) for n in range(9)], rate=25)
    *_, made = write_joints(weights, film, tmp_path / "out", film=True)
    assert made.name == "film_joints.mp4" and len(list(video.frames(made))) == 9
    np.testing.assert_allclose(float(video.info(made).fps), 25)


def test_a_folder_of_frames_needs_a_rate_and_keeps_its_names(tmp_path, weights):
    folder = tmp_path / "frames"
    folder.mkdir()
    for n in range(3):
        cv2.imwrite(str(folder / f"cam_{n + 1:06d}.jpg"), numbered(n))
    with pytest.raises(BadInput, match="--fps"):
        write_joints(weights, folder, tmp_path / "out")
    files = write_joints(weights, folder, tmp_path / "out", fps=Fraction(10))
    assert files[0].name == "frames_joints.csv"
    np.testing.assert_allclose(read(files[0])[0], [0, 0.1, 0.2])
    images = json.loads(files[1].read_text())["images"]
    assert [image["file_name"] for image in images] == [f"cam_00000{n}.jpg" for n in (1, 2, 3)]


def test_one_image_is_a_frame_without_a_clock(tmp_path, weights):
    # Of the network's size, so that nothing is scaled.
    picture = np.full((96, 96, 3), 60, np.uint8)
    cv2.circle(picture, (30, 40), 20, (200, 90, 40), -1)
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), picture[:, :, ::-1])
    csv_file, coco = write_joints(weights, path, tmp_path / "out")
    seconds, poses = read(csv_file)
    assert seconds.tolist() == [0]
    np.testing.assert_allclose(poses, expected(weights, picture[None], [96, 96]), atol=2e-3)
    (image,) = json.loads(coco.read_text())["images"]
    assert (image["file_name"], image["width"], image["height"]) == (path.name, 96, 96)


def test_an_image_is_seen_upright(tmp_path, weights):
    # EXIF's orientation 6 is a quarter turn.
    path = tmp_path / "still.jpg"
    data = cv2.imencode(".jpg", np.full((60, 80, 3), 90, np.uint8))[1].tobytes()
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:])
    *_, coco = write_joints(weights, path, tmp_path / "out")
    (image,) = json.loads(coco.read_text())["images"]
    assert (image["width"], image["height"]) == (60, 80)


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_an_image_that_is_cut_off_leaves_nothing(tmp_path, weights, kind):
    noise = np.random.default_rng(1).integers(0, 255, (60, 80, 3), np.uint8)
    path = tmp_path / f"still{kind}"
    path.write_bytes(cv2.imencode(kind, noise)[1].tobytes()[:-400])
    with pytest.raises(BadInput, match=r"truncated.* save it as PNG or JPEG"):
        write_joints(weights, path, tmp_path / "out")
    assert not (tmp_path / "out").exists() or not names(tmp_path / "out")


def test_a_photo_of_another_kind_is_refused(tmp_path, weights):
    path = tmp_path / "still.avif"
    cv2.imwrite(str(path), np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(BadInput, match=r"of a kind that is not read. Save it as PNG or JPEG"):
        write_joints(weights, path, tmp_path / "out")


def test_a_photo_that_only_ffmpeg_reads_is_refused(tmp_path, weights):
    path = tmp_path / "still.qoi"
    path.write_bytes(b"qoif\0\0\0\1\0\0\0\1\3\0\xfeZZZ\0\0\0\0\0\0\0\1")
    assert next(video.with_geometry(path, photo=True))
    with pytest.raises(BadInput, match=r"of a kind that is not read. Save it as PNG or JPEG"):
        write_joints(weights, path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_there_is_no_film_of_an_image(tmp_path, weights):
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), numbered(1))
    with pytest.raises(BadInput, match="there is no film"):
        write_joints(weights, path, tmp_path, film=True)


def test_an_image_has_no_rate(tmp_path, weights):
    path = tmp_path / "still.png"
    cv2.imwrite(str(path), numbered(1))
    with pytest.raises(BadInput, match=r"which has no frame rate\. Leave out --fps"):
        write_joints(weights, path, tmp_path / "out", fps=Fraction(10))
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_refused_and_kept(tmp_path, weights):
    film, before = write_video(tmp_path / "film.mp4", [numbered(0)]), weights.read_bytes()
    with pytest.raises(BadInput, match=r"is no folder\. Give --output a folder"):
        write_joints(weights, film, weights)
    assert weights.read_bytes() == before


@pytest.mark.parametrize("kind", ["csv", "json", "mp4"])
def test_a_folder_in_place_of_a_file_is_known_before_the_prediction(
    tmp_path, weights, kind, monkeypatch
):
    """It was known after it, and new files stood beside old ones."""
    film = write_video(tmp_path / "film.mp4", [numbered(n) for n in range(3)], rate=25)
    files = write_joints(weights, film, tmp_path / "out", film=True)
    place = next(file for file in files if file.suffix == f".{kind}")
    place.unlink()
    place.mkdir()
    before = {file: file.read_bytes() for file in files if file != place}
    monkeypatch.setattr(write, "predict", lambda *_: pytest.fail("it was predicted"))
    with pytest.raises(IsADirectoryError) as caught:
        write_joints(weights, film, tmp_path / "out", film=True)
    assert caught.value.filename == str(place)
    assert {file: file.read_bytes() for file in before} == before
    assert names(tmp_path / "out") == sorted(file.name for file in files)


def test_a_video_that_is_cut_off_leaves_no_file(tmp_path, weights):
    film = write_video(tmp_path / "film.mp4", [numbered(n) for n in range(35)])
    film.write_bytes(film.read_bytes()[:-200])
    with pytest.raises(BadInput):
        write_joints(weights, film, tmp_path / "out", film=True)
    assert not (tmp_path / "out").exists() or not names(tmp_path / "out")


def test_frames_are_not_held(tmp_path, weights, monkeypatch):
    """Never more than a batch of frames is alive, however long the video is."""
    alive, most = set(), []

    class Watched(np.ndarray):
        def __del__(self):
            alive.discard(id(self))

    def small(*given):
        for frame in _small(*given):
            watched = frame.view(Watched)
            alive.add(id(watched))
            most.append(len(alive))
            yield watched

    _small = write._small
    monkeypatch.setattr(write, "_small", small)
    film = write_video(tmp_path / "film.mp4", [numbered(n % 60) for n in range(150)])
    write_joints(weights, film, tmp_path / "out")
    assert len(most) == 150 and max(most) <= 2 * write.BATCH

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from suites import TeacherSuite

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs.files import BadInput
from posequery.student import checkpoint
from posequery.student.checkpoint import CheckpointInfo
from posequery.student.network import build
from posequery.student.prediction import predict
from posequery.teachers.network import labelling

WIDTH, HEIGHT, SIZE = 64, 48, 32


def make_video(path: Path, count: int, seed: int) -> Path:
    generator = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for _ in range(count):
            small = generator.integers(0, 256, (3, 4, 3), np.uint8)
            image = cv2.resize(small, (WIDTH, HEIGHT))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode())
    return path


def make_stream(folder: Path, videos: list[tuple[Path, int]]) -> Stream:
    paths = []
    for number, (video, count) in enumerate(videos):
        path = folder / f"clip{number}.h5"
        clip = ClipInfo(
            path.stem, "S1", "Walking", 1, "c", count, 5.0, WIDTH, HEIGHT, 16, str(video)
        )
        with ClipWriter(path) as writer:
            for _ in range(count):
                writer.append(np.zeros((16, 16, 3), np.uint8))
            writer.close(clip, None)
        paths.append(path)
    write_index(folder / "stream.json", paths)
    return Stream(folder / "stream.json")


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    path = tmp_path / "teacher.pt"
    checkpoint.save(
        path,
        build("densenet_small", "a"),
        CheckpointInfo("densenet_small", SIZE, "teacher_network"),
    )
    return path


class TestNetwork(TeacherSuite):
    name = "network"

    @pytest.fixture
    def stream(self, tmp_path: Path) -> Stream:
        return make_stream(tmp_path, [(make_video(tmp_path / "a.mp4", 4, 0), 3)])

    @pytest.fixture
    def files(self, teacher: Path) -> dict[str, str]:
        return {"checkpoint": str(teacher)}

    @pytest.fixture(autouse=True)
    def half_is_lost(self, stream: Stream, teacher: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(labelling, "THRESHOLD", -np.inf)
        _, peaks = labelling.label_stream(teacher, stream)
        monkeypatch.setattr(labelling, "THRESHOLD", np.median(peaks))


def read(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack([cv2.resize(f, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for f in frames])


def test_it_labels_the_clips_frames_from_the_source_in_the_streams_order(
    tmp_path: Path, teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "BATCH", 4)
    monkeypatch.setattr(labelling, "THRESHOLD", -np.inf)
    first, second = make_video(tmp_path / "a.mp4", 9, 0), make_video(tmp_path / "b.mp4", 6, 1)
    stream = make_stream(tmp_path, [(second, 5), (first, 7)])
    joints, peaks = labelling.label_stream(teacher, stream)
    assert joints.shape == (12, 18, 2)
    frames = np.concatenate([read(second)[:5], read(first)[:7]])
    loaded, _ = checkpoint.load(teacher)
    expected = predict(loaded, frames, np.tile([WIDTH, HEIGHT], (12, 1)))
    # The two area averages round differently, which an untrained network hardly feels.
    np.testing.assert_allclose(peaks, expected[1], atol=0.05)
    assert np.median(np.abs(joints - expected[0])) < 0.5
    assert peaks.std() > 0


def test_a_joint_below_the_threshold_is_not_found(
    tmp_path: Path, teacher: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = make_stream(tmp_path, [(make_video(tmp_path / "a.mp4", 4, 0), 4)])
    monkeypatch.setattr(labelling, "THRESHOLD", -np.inf)
    every, peaks = labelling.label_stream(teacher, stream)
    monkeypatch.setattr(labelling, "THRESHOLD", np.median(peaks))
    found, _ = labelling.label_stream(teacher, stream)
    lost = peaks < np.median(peaks)
    assert 0 < lost.sum() < lost.size
    assert np.isnan(found[lost]).all()
    np.testing.assert_array_equal(found[~lost], every[~lost])


def test_a_video_shorter_than_its_clip_is_refused(tmp_path: Path, teacher: Path) -> None:
    stream = make_stream(tmp_path, [(make_video(tmp_path / "a.mp4", 4, 0), 6)])
    with pytest.raises(BadInput, match=r"a\.mp4: holds 4 frames, but its clip clip0 has 6"):
        labelling.label_stream(teacher, stream)

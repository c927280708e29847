"""What a clip's JPEG compression costs in pixels of the student's error, and the bytes it saves.

Every `--every`th frame of a stream is squashed from its source video again, and predicted as it is
and after JPEG compression at several qualities, with colours at half and at full resolution
(4:4:4). Reported in source pixels over the limb joints: how far the predictions move (a jump to
another peak is a large move), the mean per joint position error (MPJPE), and its change from the
raw frames, with a 95 % interval over the clips. Target for the clips' own settings: no change
beyond the interval.

Run it in the folder that contains `results`: the index's video paths are relative to it.

    python benchmarks/jpeg_quality.py CHECKPOINT INDEX [--every K]
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from torch import nn

from posequery.clips import JPEG, Stream
from posequery.jobs.progress import Progress
from posequery.metrics import joint_errors
from posequery.skeletons import LIMBS
from posequery.sources import playback
from posequery.student import checkpoint
from posequery.student.inference import for_inference
from posequery.student.prediction import BATCH, predict

WAYS = {f"JPEG {quality}": (cv2.IMWRITE_JPEG_QUALITY, quality) for quality in (75, 90, 95, 98)}
WAYS["JPEG as in clips"] = JPEG


def raw_frames(stream: Stream, every: int) -> Iterator[tuple[int, np.ndarray]]:
    """The number in the stream and the pixels of every `every`th frame of each clip."""
    for clip, start in zip(stream.clips, stream.starts, strict=True):
        played = islice(playback.play(clip, stream.size), 0, None, every)
        for place, frame in enumerate(played):
            yield int(start) + every * place, frame


def compressed(frame: np.ndarray, options: tuple[int, ...]) -> tuple[np.ndarray, int]:
    """The frame after JPEG compression, and its size in bytes."""
    data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)[1]
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), data.size


def predictions(
    network: nn.Module, stream: Stream, every: int
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, float]]:
    """Frame numbers (n,); for "raw" and each of `WAYS` the joints (n, 18, 2); mean bytes."""
    numbers: list[int] = []
    joints: dict[str, list[np.ndarray]] = {name: [] for name in ("raw", *WAYS)}
    total = dict.fromkeys(WAYS, 0)
    count = sum(-(-clip.frames // every) for clip in stream.clips)
    frames = raw_frames(stream, every)
    with Progress(count, "frames", "jpeg quality") as progress:
        while batch := list(islice(frames, BATCH)):
            here, raw = np.array([number for number, _ in batch]), [frame for _, frame in batch]
            source_sizes = stream.source_size(here)
            numbers.extend(here)
            joints["raw"].append(predict(network, np.stack(raw), source_sizes).joints)
            for name, options in WAYS.items():
                lossy, sizes = zip(*(compressed(frame, options) for frame in raw), strict=True)
                total[name] += sum(sizes)
                joints[name].append(predict(network, np.stack(lossy), source_sizes).joints)
            progress.advance(len(batch))
    means = {name: size / len(numbers) for name, size in total.items()}
    return np.array(numbers), {name: np.concatenate(each) for name, each in joints.items()}, means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("index", type=Path, help="index of a stream whose source videos exist")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    stream = Stream(options.index)
    network, info = checkpoint.load(options.checkpoint, options.device, stream.size)
    numbers, joints, size = predictions(for_inference(network), stream, options.every)
    truth, clip = stream.joints(numbers), stream.clip_numbers(numbers)
    error = {name: joint_errors(each, truth)[:, LIMBS] for name, each in joints.items()}
    print(f"{info.network}, {stream.size} pixels, {len(numbers)} frames, {len(stream.clips)} clips")
    print(f"raw: {3 * stream.size**2} bytes per frame, MPJPE {np.nanmean(error['raw']):.3f} px")
    for name in WAYS:
        moved = joint_errors(joints[name], joints["raw"])[:, LIMBS]
        change = error[name] - error["raw"]
        by_clip = [np.nanmean(change[clip == number]) for number in np.unique(clip)]
        half_width = 1.96 * np.std(by_clip, ddof=1) / np.sqrt(len(by_clip))
        print(
            f"{name}: {size[name]:.0f} bytes per frame, predictions move {moved.mean():.3f} px "
            f"(median {np.median(moved):.3f}), MPJPE {np.nanmean(error[name]):.3f} px, "
            f"change {np.nanmean(change):+.3f} ± {half_width:.3f} px"
        )


if __name__ == "__main__":
    main()

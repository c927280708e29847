"""Extraction (decode, squash, JPEG, HDF5) compared with only decoding and scaling the same file.

The peer is `ffmpeg -i VIDEO -vf scale=S:S -f null -` if ffmpeg is on the PATH, else PyAV's own
decoder and scaler in a loop. Both use the same number of threads, take turns, and are reported by
their fastest turn, in wall-clock and processor time (which matters when jobs run side by side).
Target: a ratio of at least 0.8 in wall-clock time with two threads, and a peak memory use that does
not grow with the video (--frames 5000).

    python benchmarks/extraction.py [--video VIDEO | --frames N] [--threads N]
"""

import argparse
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from posequery.sources import video
from posequery.sources.extraction import extract


def person_in_a_room(path: Path, frames: int = 500) -> None:
    """A 1000 x 1002 H.264 video at 50 frames/s: a static, textured room and a moving object."""
    generator = np.random.default_rng(7)
    room = generator.integers(60, 190, (63, 63, 3), np.uint8).repeat(16, 0).repeat(16, 1)
    room = room[:1002, :1000].astype(np.int16)
    grain = generator.integers(-4, 5, (8, 1002, 1000, 1), np.int16)
    person = generator.integers(0, 255, (50, 20, 3), np.uint8).repeat(10, 0).repeat(10, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=50)
        stream.width, stream.height, stream.pix_fmt = 1000, 1002, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "20", "bf": "2"}
        for number in range(frames):
            x = int(400 + 300 * np.sin(number / 25))
            frame = room + grain[number % 8]
            frame[300:800, x : x + 200] = person
            picture = av.VideoFrame.from_ndarray(frame.astype(np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def ffmpeg(path: Path, size: int, threads: int) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-threads", str(threads), "-i", str(path)]
    scale = ["-vf", f"scale={size}:{size}", "-f", "null", "-"]
    subprocess.run([*command, *scale], check=True)


def pyav(path: Path, size: int, threads: int) -> None:
    for frame in video.decoded(path, threads):
        frame.reformat(width=size, height=size, format="yuv420p", interpolation="BICUBIC")


NAMES = {"slug": "s", "subject": "s", "action": "a", "subaction": 1, "camera": "c"}


def extraction(path: Path, size: int, threads: int) -> None:
    output = path.with_suffix(".benchmark.h5")
    extract(path, None, size=size, output=output, threads=threads, **NAMES)
    output.unlink()


def peak(path: Path, size: int, threads: int) -> float:
    """Peak memory use of an extraction in a process of its own, in megabytes."""
    script = Path(__file__).parents[1] / "scripts" / "extract.py"
    settings = NAMES | {
        "video": path,
        "size": size,
        "threads": threads,
        "output": f"{path}.peak.h5",
    }
    options = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    process = subprocess.Popen([sys.executable, str(script), *options])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError("the extraction failed")
    return usage.ru_maxrss / 1024


def seconds(work: Callable[..., None], *arguments: object) -> tuple[float, float]:
    """Wall-clock and processor seconds (including children's) of one call."""
    start, busy = time.perf_counter(), sum(os.times()[:4])
    work(*arguments)
    return time.perf_counter() - start, sum(os.times()[:4]) - busy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--video", type=Path, help="default: make one")
    parser.add_argument("--frames", type=int, default=500, help="frames of the video to make")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    peer = ffmpeg if shutil.which("ffmpeg") else pyav
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video.mp4")
        if options.video:
            path.symlink_to(options.video.resolve())
        else:
            # In a process of its own: a child's reported peak includes its parent's memory.
            make = multiprocessing.get_context("spawn").Process(
                target=person_in_a_room, args=(path, options.frames)
            )
            make.start()
            make.join()
        megabytes = peak(path, options.size, options.threads)
        count = sum(1 for _ in video.decoded(path))
        times: dict[str, list[tuple[float, float]]] = {peer.__name__: [], "extraction": []}
        for _ in range(options.turns):
            for work in (peer, extraction):
                spent = seconds(work, path, options.size, options.threads)
                times[work.__name__].append(spent)
    for place, kind in enumerate(("wall-clock time", "processor time")):
        best = {name: min(turn[place] for turn in turns) for name, turns in times.items()}
        speeds = ", ".join(f"{name} {count / spent:.0f} frames/s" for name, spent in best.items())
        ratio = best[peer.__name__] / best["extraction"]
        print(f"{kind}, {options.threads} thread(s): {speeds}, ratio {ratio:.2f}")
    print(f"peak memory: {megabytes:.0f} MB for {count} frames")


if __name__ == "__main__":
    main()

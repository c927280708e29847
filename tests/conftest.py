"""One thread, no network, the same examples every time."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # before numpy and torch are first imported
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import media
import numpy as np
import pytest
from hypothesis import settings

from posequery.clips import ClipInfo, ClipWriter, Stream, write_index
from posequery.jobs.files import whole

settings.register_profile("fixed", deadline=None, derandomize=True, database=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session")
def write_video():
    """Writes frames, RGB (H, W, 3) uint8, as a real H.264 file, and returns its path."""
    return media.write_video


@pytest.fixture
def tried(request):
    """Notes a row of the table of faults: of which line, what fault, and what came of each try.

    `tried("5", "a flipped bit in a clip", {"refused": 32})`. Outcomes are few plain words, such as
    refused, same result, done right. `pytest --faults FILE` writes the table.
    """

    def note(line: str, fault: str, outcomes: Mapping[str, int]) -> None:
        request.node.user_properties.append(("fault", (line, fault, dict(outcomes))))

    return note


@pytest.fixture
def tries(request):
    """How often a random test is to try."""
    return request.config.getoption("--tries")


@pytest.fixture
def seed(request):
    """What a random test draws from."""
    return request.config.getoption("--seed")


def pytest_addoption(parser):
    parser.addoption("--faults", metavar="FILE", help="write the table of faults, as Markdown")
    parser.addoption("--tries", type=int, default=60, help="tries of each random test")
    parser.addoption("--seed", type=int, default=0, help="of the random tests")


def pytest_configure(config):
    if config.getoption("--faults") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_FaultTable(config.getoption("--faults")))


class _FaultTable:
    def __init__(self, path):
        self._path, self._rows = Path(path), {}

    def pytest_runtest_logreport(self, report):
        for name, row in report.user_properties if report.when == "call" else ():
            if name == "fault" and report.passed:
                line, fault, outcomes = row
                counted = self._rows.setdefault((line, fault), Counter())
                counted.update(outcomes)

    def pytest_sessionfinish(self):
        rows = ["| line | fault | tries | what happened |", "|---|---|---|---|"]
        for (line, fault), outcomes in sorted(self._rows.items(), key=_by_number):
            happened = ", ".join(f"{what} {times}" for what, times in sorted(outcomes.items()))
            rows.append(f"| {line} | {fault} | {outcomes.total()} | {happened} |")
        self._path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def _by_number(row):
    (line, fault), _ = row
    return (int(line) if line.isdigit() else 0, line, fault)


def _make_stream(folder, videos, cameras=None, rate=50, size=32, joints=None):
    """A stream with a real video and a clip for each name of `videos` (name: frames).

    joints: of every clip, which then have as many frames."""
    paths = []
    for number, (name, frames) in enumerate(videos.items()):
        source = media.write_video(folder / f"{name}.mp4", frames, rate)
        height, width = frames[0].shape[:2]
        camera = cameras[number] if cameras else name
        info = ClipInfo(
            name, "person", "any", 1, camera, len(frames), rate, width, height, size, str(source)
        )
        with whole(folder / f"{name}.h5") as temporary, ClipWriter(temporary) as writer:
            for _ in frames:
                writer.append(np.zeros((size, size, 3), np.uint8))
            writer.close(info, joints)
        paths.append(folder / f"{name}.h5")
    write_index(folder / "stream.json", paths)
    return Stream(folder / "stream.json")


@pytest.fixture(scope="session")
def make_stream():
    return _make_stream

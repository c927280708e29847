import hashlib
import zipfile
from dataclasses import replace

import pytest

from posequery.jobs.files import BadInput
from posequery.sources.packages import PACKAGES, Package, fetch

INFO = "sample_wheel-1.0.dist-info"
FILES = {
    "sample/data/one.bin": b"one" * 100,
    "sample/two.txt": b"two",
    "sample/not_wanted.py": b"raise SystemExit",
    f"{INFO}/METADATA": b"Metadata-Version: 2.1\nName: sample-wheel\nVersion: 1.0\n",
    f"{INFO}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{INFO}/RECORD": b"",
}


@pytest.fixture
def wheel(tmp_path):
    path = tmp_path / "registry" / "sample_wheel-1.0-py3-none-any.whl"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def package(wheel):
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    members = {"deep/one.bin": "sample/data/one.bin", "two.txt": "sample/two.txt"}
    return Package("sample-wheel", "1.0", digest, members, "MIT", "nobody")


def _tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_only_the_listed_files_are_extracted(package, wheel, tmp_path):
    fetch(package, tmp_path / "out", wheel)
    expected = {"deep/one.bin": FILES["sample/data/one.bin"], "two.txt": b"two"}
    assert _tree(tmp_path / "out") == expected


def test_pip_downloads_it_with_the_users_own_settings(package, wheel, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    fetch(package, tmp_path / "out")
    assert set(_tree(tmp_path / "out")) == {"deep/one.bin", "two.txt"}


def test_a_failed_download_states_the_package_and_the_fix(package, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(BadInput, match=r"sample-wheel==2\.0: pip could not .*--wheel"):
        fetch(replace(package, version="2.0"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change", ["flip", "cut"])
def test_another_wheel_is_refused_before_it_is_opened(package, wheel, tmp_path, change):
    data = bytearray(wheel.read_bytes())
    if change == "flip":
        data[40] ^= 1
    wheel.write_bytes(data[: -1 if change == "cut" else None])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "kept.txt").write_text("as it was")
    with pytest.raises(BadInput) as caught:
        fetch(package, tmp_path / "out", wheel)
    message = str(caught.value)
    for word in (wheel.name, package.sha256, hashlib.sha256(wheel.read_bytes()).hexdigest()):
        assert word in message
    assert _tree(tmp_path / "out") == {"kept.txt": b"as it was"}
    assert {path.name for path in tmp_path.iterdir()} == {"registry", "out"}


def test_all_files_appear_or_none(package, wheel, tmp_path):
    broken = replace(package, members=package.members | {"three": "sample/three"})
    with pytest.raises(KeyError):
        fetch(broken, tmp_path / "out", wheel)
    assert {path.name for path in tmp_path.iterdir()} == {"registry"}


def test_a_missing_wheel_is_reported(package, tmp_path):
    with pytest.raises(BadInput, match=r"none\.whl: there is no such wheel"):
        fetch(package, tmp_path / "out", tmp_path / "none.whl")


def test_the_pinned_packages():
    assert sorted(map(str, PACKAGES.values())) == ["mediapipe==0.10.21", "pose2sim==0.10.49"]
    for package in PACKAGES.values():
        assert len(package.sha256) == 64
        assert "LICENSE" in package.members
        assert package.credit

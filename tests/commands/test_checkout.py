"""Where the workflow is."""

from pathlib import Path

import pytest

from posequery.commands import checkout
from posequery.jobs.files import BadInput


def test_it_is_the_folder_that_holds_the_package():
    assert checkout.root() == Path(__file__).resolve().parents[2]


def test_outside_of_a_checkout_is_one_error(tmp_path, monkeypatch):
    package = tmp_path / "lib/site-packages/posequery"
    monkeypatch.setattr(checkout, "PACKAGE", package)
    with pytest.raises(BadInput, match="is installed without the workflow") as error:
        checkout.root()
    assert str(error.value).startswith(f"{package}: ") and "checkout" in str(error.value)


def test_an_installed_package_has_the_version_of_its_metadata(tmp_path, monkeypatch):
    package = tmp_path / "lib/site-packages/posequery"
    monkeypatch.setattr(checkout, "PACKAGE", package)
    about = package.with_name("posequery-1.2.3.dist-info") / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text("Metadata-Version: 2.1\nName: posequery\nVersion: 1.2.3\n")
    monkeypatch.syspath_prepend(package.parent)
    assert checkout.version() == "1.2.3"

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

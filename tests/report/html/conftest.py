"""Pages of fabricated studies, and what an HTML parser finds in them."""

from collections import Counter
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from posequery.jobs.files import write_summed
from posequery.online import profiles
from posequery.report.efficiency import Budget, Devices
from posequery.report.html.sources import Sources
from posequery.report.html.write import bundle

DEVICES = Devices(
    {name: profiles.load(name) for name in profiles.names()},
    Budget("10 frames", None, (Fraction(1, 10),), 10, "densenet_small", 80),
)
"""What a study asks of the declared boards, of whose students its own is none."""
VOID = {"meta", "img", "br", "link", "input"}


class Parsed(HTMLParser):
    """Every tag with its attributes and the tags that it is in; raises where they do not nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self._open = [], [], []
        self.feed(text)
        assert not self._open, self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), [name for name, _ in self._open]))
        if tag not in VOID:
            self._open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs), [name for name, _ in self._open]))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        if self._open:
            self.texts.append((self._open[-1][0], data))

    def all(self, name, **marks):
        """The attributes of the tags of that name that have these."""
        found = [attrs for tag, attrs, _ in self.tags if tag == name]
        return [attrs for attrs in found if marks.items() <= attrs.items()]

    def count(self):
        return Counter(tag for tag, _, _ in self.tags)

    def words(self):
        """All text that is read, on one line."""
        kept = (text for tag, text in self.texts if tag not in ("script", "style"))
        return " ".join(" ".join(kept).split()).replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture(scope="session")
def script():
    return bundle()


@pytest.fixture(autouse=True)
def one_script(script, monkeypatch):
    """Made once: it takes a second."""
    monkeypatch.setattr("posequery.report.html.write.bundle", lambda: script)


@pytest.fixture
def parsed():
    return Parsed


@pytest.fixture
def cells(a_cell):
    """Two seeds of each method that draws."""
    return [
        a_cell("offline", "none", "none", 0, 30.0),
        a_cell("online", "none", "baseline", 0, 25.0),
        a_cell("online", "ground_truth", "continual", 100, 9.0, n=4, k=4, mpjpe_px_equal_lag=12.0),
        *(
            row
            for seed in (0, 1)
            for row in (
                a_cell("offline", "ground_truth", "all", 100, 17.0 + seed, seed=seed),
                a_cell("offline", "ground_truth", "uniform", 1, 20.0 + seed, seed=seed),
                a_cell("offline", "ground_truth", "random", 1, 21.0 - seed, seed=seed),
                a_cell("offline", "ground_truth", "uniform", 20, 18.0 + seed, seed=seed),
                a_cell("online", "ground_truth", "uniform", 10, 18.0 + seed, seed=seed),
                a_cell("online", "ground_truth", "random", 10, 17.0 + seed, seed=seed),
                a_cell("online", "network", "uniform", 10, 19.0 + seed, seed=seed),
            )
        ),
    ]


def _sources(folder, said, **files):
    seen = folder / "facts.json"
    write_summed(seen, '{"mpjpe_px": 5.0, "found_share": 1.0}\n')
    rest = (
        dict.fromkeys(("tests", "consensus", "picture")) | {"truth": True, "frames": False} | files
    )
    return Sources(
        cells_csv=folder / "cells.csv",
        seconds_csv=folder / "seconds.csv",
        seen=[seen],
        evidence=folder / "evidence",
        said=said,
        settings={"online.window": "10 frames", "online.clock": "ideal", "device": "cpu"},
        runs=[],
        codes={"adapt": "0123456789abcdef"},
        devices=DEVICES,
        **rest,
    )


@pytest.fixture
def sources(write_cells, stream, labels, captions, tmp_path):
    """Makes the sources of a study with ground truth from rows."""

    def make(rows):
        write_cells(rows)
        return _sources(tmp_path, captions, streams=[stream.path], labels=labels)

    return make


@pytest.fixture
def video_sources(video_cells, video_stream, label_files, mine, tmp_path):
    """The sources of a stream of two cameras."""
    teacher, consensus = label_files
    files = {"streams": [video_stream.path], "labels": teacher, "consensus": consensus}
    return _sources(tmp_path, mine, truth=False, **files)

"""What a page says of the runs that it was made by."""

from dataclasses import replace

import pytest

from posequery.report.html.provenance import provenance

FIRST = {"started": "2026-01-01T08:00:00+00:00", "ended": None, "commit": "c" * 40, "changed": []}
LAST = {
    "started": "2026-01-02T08:00:00+00:00",
    "ended": "2026-01-02T09:30:00+00:00",
    "commit": "d" * 40,
    "changed": [" M src/a.py", "R  b.py -> c.py"],
}


def of_last_run(sources, cells, runs):
    sheets = provenance(replace(sources(cells), runs=runs)).parts[1:]
    rows = {row[0][0]: row[1][0] for row in sheets[0].rows}
    return {name: said for name, said in rows.items() if name.startswith("last run:")}, rows


def test_the_last_run_is_named_with_its_commit_and_what_was_not_committed(sources, cells):
    found, rows = of_last_run(sources, cells, [FIRST, LAST])
    assert rows["runs so far"] == "2"
    assert found == {
        "last run: begun": LAST["started"],
        "last run: ended": LAST["ended"],
        "last run: commit": "d" * 40,
        "last run: uncommitted changes": "src/a.py, b.py -> c.py",
    }


@pytest.mark.parametrize(
    ("run", "ended", "commit", "changes"),
    [
        (FIRST, "not when this page was made", "c" * 40, "none"),
        (LAST | {"commit": None, "changed": []}, LAST["ended"], *["not known, outside of git"] * 2),
    ],
)
def test_what_is_not_known_of_a_run_is_said(sources, cells, run, ended, commit, changes):
    found, _ = of_last_run(sources, cells, [LAST, run])
    assert list(found.values()) == [run["started"], ended, commit, changes]


def test_a_page_within_another_workflow_speaks_of_no_run(sources, cells):
    found, rows = of_last_run(sources, cells, [])
    assert found == {} and "runs so far" not in rows


def test_the_version_of_what_clusters_is_named(sources, cells):
    versions = provenance(sources(cells)).parts[2]
    assert {"torch", "scikit-learn"} <= {row[0][0] for row in versions.rows}

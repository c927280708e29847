"""Several streams averaged within a seed, and tables that are none."""

import pandas as pd
import pytest

from posequery.jobs.files import BadInput, sha256, write_summed
from posequery.report.cells import over_streams
from posequery.report.html.sources import read_facts, read_rows


def test_streams_are_averaged_within_a_seed_and_never_pooled(frame, a_cell):
    rows = [a_cell("online", "network", "uniform", 10, 10.0 + s, seed=s) for s in (0, 1)]
    one = frame(rows)
    both = pd.concat([one.assign(stream="S1"), one.assign(stream="S5", mpjpe_px=20.0)])
    made = over_streams(both)
    assert made["mpjpe_px"].tolist() == [15.0, 15.5]
    assert made["seed"].tolist() == [0, 1]
    pd.testing.assert_frame_equal(over_streams(one.assign(stream="S1")), one.assign(stream="S1"))


def _sum(path, content):
    """Write bytes and their sum, as who wrote them on purpose."""
    path.write_bytes(content)
    path.with_name(f"{path.name}.sha256").write_text(f"{sha256(path)}  {path.name}\n")


def test_no_table_is_no_rows_and_a_broken_one_is_refused(tmp_path, tried):
    assert read_rows(tmp_path / "none.csv", ["claim"]) == []
    broken = tmp_path / "verdicts.csv"
    write_summed(broken, "claim\none\n")
    for damaged in ("claim\ntwo\n", "{"):
        broken.write_text(damaged)
        for read in (lambda path: read_rows(path, ["claim"]), read_facts):
            with pytest.raises(BadInput, match=r"verdicts\.csv"):
                read(broken)
    _sum(broken, b"claim\n\xff\n")
    with pytest.raises(BadInput, match=r"verdicts\.csv: is no table"):
        read_rows(broken, ["claim"])
    write_summed(broken, "{")
    with pytest.raises(BadInput, match="is no JSON"):
        read_facts(broken)
    tried("10", "a broken table or JSON file under the page", {"refused": 6})

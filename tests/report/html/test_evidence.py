"""Verdicts and comparisons as they are shown."""

import pandas as pd
import pytest

from posequery.evidence.verdicts import COLUMNS
from posequery.jobs.files import BadInput, write_summed
from posequery.report.html.evidence import NO_VERDICTS, any_sheet, by_verdict, section, tally
from posequery.report.html.write import render


def row(says, verdict, **columns):
    made = dict.fromkeys(COLUMNS, "") | {"claim": says, "kind": "beats", "says": says}
    return made | {"place": "Table 1", "verdict": verdict} | columns


ROWS = [
    row(
        "first beats second; of some kind",
        "same direction, in the stand-in",
        published_px=-8.9,
        estimate_px=-2,
        low_px=-3,
        high_px=-1,
        p_adjusted=0.0004,
    ),
    row("third is best", "undecided, in the stand-in", estimate_px=0.5, p_adjusted=0.6),
    row("fourth fits", "not run", kind="budget"),
]


def written(made, rows):
    made.evidence.mkdir()
    write_summed(made.evidence / "verdicts.csv", pd.DataFrame(rows).to_csv(index=False))
    return made


def test_without_a_table_the_page_says_so(sources, cells):
    (part,) = section(sources(cells)).parts
    assert part.texts == [NO_VERDICTS]


def test_every_claim_is_a_row_with_its_verdict_and_interval(sources, cells):
    said, table, whole = section(written(sources(cells), ROWS)).parts
    assert said.texts[0].startswith(
        "3 claims: 1 same direction, in the stand-in; 1 not run; 1 undecided, in the stand-in."
    )
    assert "given one pre-trained student" in said.texts[1]
    heads = [head for _, head in table.heads]
    estimate = "estimate (px), plain 95 % interval"
    assert heads == [
        *("claim", "verdict", "where", "published (px)", estimate, "tested", "adjusted p"),
    ]
    assert table.rows[0][1:] == (
        ("same direction", "in the stand-in"),
        ("Table 1", ""),
        ("-8.90", ""),
        ("-2.00", "-3.00 to -1.00"),
        ("difference", ""),
        ("below 0.001", ""),
    )
    assert table.rows[1][4] == ("+0.50", "")
    assert [text for text, _ in table.rows[2][3:]] == ["–", "–", "arithmetic", "–"]
    assert ("", "margin px") not in whole.heads


def test_printed_cells_are_no_claims(sources, cells):
    cell = row("uniform at 1 %: 11.92 px", "inside", kind="cell", estimate_px=12, seeds=3)
    said, claims, note, printed, _ = section(written(sources(cells), [*ROWS, cell])).parts
    assert said.texts[0].startswith("3 claims:") and len(claims.rows) == 3
    assert "no test" in note.texts[0]
    assert printed.rows[0][3] == ("12.00", "")


def test_the_answer_names_what_is_decided_and_nothing_else(sources, cells, parsed):
    numbers = {"estimate_px": -0.1, "p_adjusted": 1, "counter_p_adjusted": 0.01, "margin_px": 1.5}
    against = row("second beats first", "opposite, in the stand-in", **numbers)
    words = parsed(render(written(sources(cells), [*ROWS, against]))).words()
    assert "Same direction First beats second (found: -2.00 px)." in words
    assert (
        "Opposite of the claim Second beats first (found: -0.10 px, alike within ±1.50)." in words
    )
    assert "Third is best." not in words.partition("Verdicts 4 claims")[0]


def test_a_table_without_a_column_is_refused(sources, cells):
    lacking = [{name: value for name, value in one.items() if name != "kind"} for one in ROWS]
    with pytest.raises(BadInput, match=r"verdicts\.csv: has a row without kind"):
        section(written(sources(cells), lacking))


def test_any_column_is_shown_and_pixels_have_two_digits():
    table = any_sheet(
        "any", [{"method": "x", "n": "1234", "v": "0.123456", "low_px": "8.9", "nan": "nan"}]
    )
    assert [head for _, head in table.heads] == ["method", "n", "v", "low px", "nan"]
    assert [text for text, _ in table.rows[0]] == ["x", "1234", "0.123", "8.90", "–"]
    assert table.sides == ["left", "right", "right", "right", "right"]


def test_what_decides_nothing_comes_last():
    rows = [row(name, name) for name in ("undecided", "supported")]
    assert [name for name, _ in by_verdict(rows)] == ["supported", "undecided"]
    assert tally(rows) == "2 claims: 1 supported; 1 undecided."

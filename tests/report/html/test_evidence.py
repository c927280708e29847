"""Verdicts and comparisons as they are shown, whatever columns they have."""

from posequery.jobs.files import write_summed
from posequery.report.html.evidence import NO_VERDICTS, any_sheet, by_verdict, section, tally
from posequery.report.html.write import render

VERDICTS = (
    "claim,says,place,verdict,estimate_px,low_px,high_px,p_adjusted,empty\n"
    "a,first beats second; of some kind,Table 1,same direction,-2,-3,-1,0.004,\n"
    "b,third is best,Table 2,undecided,0.5,-1,2,0.6,\n"
    "c,fourth fits,Section 4.4,not run,,,,,\n"
)


def written(made, text):
    made.evidence.mkdir()
    write_summed(made.evidence / "verdicts.csv", text)
    return made


def test_without_a_table_the_page_says_so(sources, cells):
    (part,) = section(sources(cells)).parts
    assert part.texts == [NO_VERDICTS]


def test_every_claim_is_a_row_with_its_verdict_and_interval(sources, cells):
    made = written(sources(cells), VERDICTS)
    said, table, whole = section(made).parts
    assert said.texts[0].startswith("3 claims: 1 same direction; 1 not run; 1 undecided.")
    heads = [head for _, head in table.heads]
    assert heads == ["claim", "verdict", "place", "adjusted p", "estimate (px), 95 % interval"]
    assert table.rows[0][-1] == ("-2.00", "-3.00 to -1.00")
    assert table.rows[2][-1] == ("–", "")
    assert ("", "empty") not in whole.heads


def test_the_answer_names_what_is_decided_and_nothing_else(sources, cells, parsed):
    words = parsed(render(written(sources(cells), VERDICTS))).words()
    assert "Same direction First beats second." in words
    assert "Third is best." not in words.partition("Verdicts 3 claims")[0]


def test_other_columns_are_shown_as_they_are():
    table = any_sheet("any", [{"method": "x", "n": "1234", "v": "0.123456", "nan": "nan"}])
    assert [head for _, head in table.heads] == ["method", "n", "v", "nan"]
    assert [text for text, _ in table.rows[0]] == ["x", "1234", "0.123", "–"]
    assert table.sides == ["left", "right", "right", "right"]


def test_what_decides_nothing_comes_last():
    rows = [{"claim": name, "verdict": name} for name in ("undecided", "supported", "")]
    assert [name for name, _ in by_verdict(rows)] == ["supported", "without a verdict", "undecided"]
    assert tally([]) == "0 claims: ."

import csv
import io
from dataclasses import replace
from fractions import Fraction

import pandas as pd
import pytest

from posequery.report.formats import (
    COUNT,
    PIXELS,
    RATE,
    Block,
    Format,
    Table,
    escape_latex,
    percent,
    span,
    to_csv,
    to_latex,
    to_markdown,
)

NAN = float("nan")
TABLE = Table(
    name="a_table",
    label="Table 9",
    caption="50 % of A_B & C",
    ours=Block(
        "Ours",
        pd.DataFrame(
            {
                ("", "method", "value"): ["a|b"],
                ("one", "x", "value"): [1.0],
                ("one", "x", "sd"): [0.1],
                ("one", "y", "value"): [NAN],
                ("two", "x_1", "value"): [3],
            }
        ),
    ),
    published=Block(
        "Theirs",
        pd.DataFrame(
            {
                ("", "method", "value"): ["b"],
                ("uno", "x", "value"): [4],
                ("uno", "y", "value"): [5],
                ("dos", "x_1", "value"): [6],
            }
        ),
    ),
    formats={"y": COUNT, "x_1": COUNT},
)


def table_of(columns, **formats):
    """A table without groups and without published numbers."""
    values = pd.DataFrame({("", *at): values for at, values in columns.items()})
    return replace(TABLE, ours=Block("Ours", values), published=None, formats=formats)


def body(markdown):
    """The texts of a Markdown table's lines, without the layout."""
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[text.strip() for text in line.split(" | ")] for line in lines]


def test_numbers_as_they_are_printed():
    assert PIXELS(10.7889) == "10.79"
    assert PIXELS(10.7889, sd=0.205) == "10.79 ± 0.20"
    assert PIXELS(NAN, sd=NAN, share=NAN) == "–"
    assert PIXELS("a word") == "a word"
    assert COUNT(14.0, to=15.0) == "14–15"
    assert COUNT(14.0, to=NAN) == "14"
    assert RATE(0.07) == "7 %"
    share = Format(".1f", 100, " %")
    assert (share(0.0625), share(0.0625, sd=0.001)) == ("6.2 %", "6.2 ± 0.1 %")
    tenth = Format(".1f")
    assert (tenth(146.6, share=0.5), tenth(146.6, share=1)) == ("146.6 (50 %)", "146.6")
    assert tenth(5, sd=1.41, share=2 / 3) == "5.0 ± 1.4 (67 %)"


def test_rates_and_counts():
    assert percent(Fraction(1, 100)) == "1 %"
    assert percent(Fraction(1, 40)) == "2.5 %"
    assert percent(Fraction(1)) == "100 %"
    assert (span([15, 15]), span([15, 14]), span([])) == ("15", "14–15", "–")


def test_csv_holds_this_study_alone():
    rows = list(csv.reader(io.StringIO(to_csv(TABLE))))
    assert rows == [
        ["method", "one x", "one x sd", "one y", "two x_1"],
        ["a|b", "1", "0.1", "", "3"],
    ]


def test_csv_is_of_plain_numbers():
    columns = {
        ("m", "value"): ["a", "b"],
        ("x", "value"): [0.21094, 146.60531],
        ("x", "sd"): [NAN, NAN],
        ("x", "share"): [NAN, 0.5],
        ("labels", "value"): pd.Series(["ground truth", None], dtype="str"),
    }
    assert to_csv(table_of(columns)).splitlines() == [
        "m,x,x share,labels",
        "a,0.2109,,ground truth",
        "b,146.6053,0.5,",
    ]
    none = {at: values[:0] for at, values in columns.items()}
    assert to_csv(table_of(none)) == "m,x,labels\n"


def test_columns_of_words_stand_left():
    table = table_of(
        {
            ("method", "value"): ["a", "b"],
            ("labels", "value"): pd.Series([None, "ground truth"], dtype="str"),
            ("the share of real time", "value"): [0.211, NAN],
        },
        **{"the share of real time": Format(".1f", 100, " %")},
    )
    sides = to_markdown(table).splitlines()[5]
    assert [side.strip("-") for side in sides.strip("|").split("|")] == [":", ":", ":"]
    assert [side.startswith(":") for side in sides.strip("|").split("|")] == [True, True, False]
    assert body(to_markdown(table))[1:] == [
        ["| a", "–", "21.1 % |"],
        ["| b", "ground truth", "– |"],
    ]
    lines = to_latex(table).splitlines()
    assert r"\begin{tabular}{llr}" in lines
    assert r"method & labels & \shortstack[r]{the share of\\real time} \\" in lines


def test_latex_spans_both_columns_of_a_page_in_small_type():
    lines = to_latex(TABLE).splitlines()
    assert lines[1:4] == [r"\begin{table*}", r"\centering", r"\small"]
    assert lines[-1] == r"\end{table*}"
    assert lines.count(r"\begin{tabular}{lrrr}") == lines.count(r"\end{tabular}") == 2
    rows = [line for line in lines if line.endswith(r" \\")]
    assert len(rows) == 2 * 3
    assert all(line.count("&") == 3 for line in rows if "multicolumn" not in line)


def test_markdown_sets_the_published_apart():
    text = to_markdown(TABLE)
    assert text.startswith("**Table 9.** 50 % of A\\_B & C\n\n*Ours*\n\n| method ")
    assert "\n\n*Theirs*\n\n| method " in text
    assert text.endswith(" |\n")
    assert body(text) == [
        ["| method", "one x", "one y", "two x\\_1 |"],
        ["| a\\|b", "1.00 ± 0.10", "–", "3 |"],
        ["| method", "uno x", "uno y", "dos x\\_1 |"],
        ["| b", "4.00", "5", "6 |"],
    ]


def test_latex():
    lines = to_latex(TABLE).splitlines()
    assert r"\caption{50\,\% of A\_B \& C}" in lines
    assert r"\label{tab:a-table}" in lines
    assert r" & \multicolumn{2}{c}{one} & two \\" in lines
    assert r"\cmidrule(lr){2-3}\cmidrule(lr){4-4}" in lines
    assert r"method & x & y & x\_1 \\" in lines
    assert r"a|b & 1.00 $\pm$ 0.10 & -- & 3 \\" in lines
    assert r"\emph{Theirs}\\[2pt]" in lines
    rules = [line for line in lines if "rule" in line and "cmid" not in line]
    assert rules == [r"\toprule", r"\midrule", r"\bottomrule"] * 2


def test_latex_escapes_every_sign_that_it_reads():
    assert escape_latex(r"\{}$&#_%^~<>") == (
        r"\textbackslash{}\{\}\$\&\#\_\%\textasciicircum{}\textasciitilde{}"
        r"\textless{}\textgreater{}"
    )


@pytest.mark.parametrize("make", [to_markdown, to_latex])
def test_text_that_looks_like_a_number_or_markup_is_printed_as_it_is(make):
    table = table_of({("m", "value"): ["1e3", "0.50"], ("x", "value"): [1.0, 2.0]})
    assert "1e3" in make(table)
    assert "0.50" in make(table)

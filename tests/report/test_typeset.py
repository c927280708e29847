import csv
import io
from dataclasses import replace

import pytest

from posequery.report.typeset import Number, Table, escape_latex, to_csv, to_latex, to_markdown

TABLE = Table(
    name="a_table",
    label="Table 9",
    caption="50 % of A_B & C",
    title="Ours",
    columns=(("", "method"), ("one", "x"), ("one", "y"), ("two", "x")),
    rows=(("a|b", Number("1.00 ± 0.10", {"": 1.0, "sd": 0.1}), "–", "3"),),
    beside_title="Theirs",
    beside_columns=(("", "method"), ("uno", "x"), ("uno", "y"), ("dos", "x")),
    beside=(("b", "4", "5", "6"),),
)


def test_csv_holds_this_study_alone():
    rows = list(csv.reader(io.StringIO(to_csv(TABLE))))
    assert rows == [["method", "one x", "one x sd", "one y", "two x"], ["a|b", "1", "0.1", "", "3"]]


def test_csv_is_of_plain_numbers():
    rows = (
        ("a", Number("21.1 %", {"": 0.21094}), "ground truth"),
        ("b", Number("146.6 (50 %)", {"": 146.60531, "share": 0.5}), "–"),
    )
    table = replace(TABLE, columns=(("", "m"), ("", "x"), ("", "labels")), rows=rows, beside=())
    assert to_csv(table).splitlines() == [
        "m,x,x share,labels",
        "a,0.2109,,ground truth",
        "b,146.6053,0.5,",
    ]
    assert to_csv(replace(table, rows=())) == "m,x,labels\n"


def test_columns_of_words_stand_left():
    rows = (("a", "–", "21.1 %"), ("b", "ground truth", "–"))
    columns = (("", "method"), ("", "labels"), ("", "the share of real time"))
    table = replace(TABLE, columns=columns, rows=rows, beside=())
    assert "| --- | --- | ---: |" in to_markdown(table)
    lines = to_latex(table).splitlines()
    assert r"\begin{tabular}{llr}" in lines
    assert r"method & labels & \shortstack[r]{the share\\of real time} \\" in lines


def test_latex_spans_both_columns_of_a_page_in_small_type():
    lines = to_latex(TABLE).splitlines()
    assert lines[1:4] == [r"\begin{table*}", r"\centering", r"\small"]
    assert lines[-1] == r"\end{table*}"
    (sides,) = (line for line in lines if line.startswith(r"\begin{tabular}"))
    assert sides == r"\begin{tabular}{lrrr}"
    body = [line for line in lines if line.endswith(r"\\") and "multicolumn{4}" not in line]
    spanned = r" & \multicolumn{2}{c}{one} & \multicolumn{1}{c}{two} \\"
    assert all(line.count("&") == 3 for line in body if "multicolumn" not in line)
    assert spanned in body


def test_markdown_sets_the_published_apart():
    assert to_markdown(TABLE) == (
        "**Table 9.** 50 % of A\\_B & C\n\n"
        "*Ours*\n\n"
        "| method | one x | one y | two x |\n| --- | ---: | ---: | ---: |\n"
        "| a\\|b | 1.00 ± 0.10 | – | 3 |\n\n"
        "*Theirs*\n\n"
        "| method | uno x | uno y | dos x |\n| --- | ---: | ---: | ---: |\n"
        "| b | 4 | 5 | 6 |\n"
    )


def test_latex():
    lines = to_latex(TABLE).splitlines()
    assert r"\caption{50\,\% of A\_B \& C}" in lines
    assert r"\label{tab:a-table}" in lines
    assert r" & \multicolumn{2}{c}{one} & \multicolumn{1}{c}{two} \\" in lines
    assert r"\cmidrule(lr){2-3}\cmidrule(lr){4-4}" in lines
    assert r"a|b & 1.00 $\pm$ 0.10 & -- & 3 \\" in lines
    assert r"\multicolumn{4}{l}{\emph{Theirs}} \\" in lines
    assert [line for line in lines if "rule" in line and "cmid" not in line] == [
        r"\toprule",
        r"\midrule",
        r"\midrule",
        r"\midrule",
        r"\bottomrule",
    ]


def test_latex_escapes_every_sign_that_it_reads():
    assert escape_latex(r"\{}$&#_%^~<>") == (
        r"\textbackslash{}\{\}\$\&\#\_\%\textasciicircum{}\textasciitilde{}"
        r"\textless{}\textgreater{}"
    )


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="2 texts for 1 columns"):
        Table("t", "T", "", (("", "a"),), (("1", "2"),), "ours")

"""A table of texts as CSV, Markdown and LaTeX (booktabs)."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

from posequery.report.captions import NONE

Row = tuple[str, ...]
Columns = tuple[tuple[str, str], ...]


class Number(str):
    """A printed number, and what a CSV holds of it.

    plain: a number for each column's ending: '' for the number itself, 'sd' or 'share' behind it.
    """

    plain: Mapping[str, float]

    def __new__(cls, text: str, plain: Mapping[str, float]) -> "Number":
        made = super().__new__(cls, text)
        made.plain = plain
        return made


@dataclass(frozen=True)
class Table:
    """A printed table.

    name: stem of its files. label: how it is called, where the document does not number it.
    columns: (group, head) of each; columns that share a group stand side by side under it.
    rows: this study's, one text a column. beside: published rows for the same columns, set apart
    under heads of their own, since their k and their teacher are others.
    """

    name: str
    label: str
    caption: str
    columns: Columns
    rows: tuple[Row, ...]
    title: str
    beside: tuple[Row, ...] = ()
    beside_columns: Columns = ()
    beside_title: str = ""

    @property
    def blocks(self) -> list[tuple[str, Columns, tuple[Row, ...]]]:
        """Title, columns and rows of this study, then of the paper where there is something."""
        ours = (self.title, self.columns, self.rows)
        theirs = (self.beside_title, self.beside_columns, self.beside)
        return [ours, theirs] if self.beside else [ours]

    def __post_init__(self) -> None:
        heads = tuple(head for _, head in self.beside_columns)
        for row in (*self.rows, *self.beside, *([heads] if self.beside else [])):
            if len(row) != len(self.columns):
                raise ValueError(f"{len(row)} texts for {len(self.columns)} columns: {row}")


def _heads(columns: Columns) -> list[str]:
    return [f"{group} {head}".strip() for group, head in columns]


def to_csv(table: Table) -> str:
    """This study's rows for machines: plain numbers, empty where there is none.

    Spreads and shares have columns of their own; rates and shares are fractions of 1. Published
    numbers travel in the long CSV alone.
    """
    columns: list[list[str]] = []
    for place, head in enumerate(_heads(table.columns)):
        texts = [row[place] for row in table.rows]
        known = [text.plain if isinstance(text, Number) else {"": text} for text in texts]
        endings = dict.fromkeys(ending for values in [{"": ""}, *known] for ending in values)
        for ending in endings:
            values = [values.get(ending, "") for values in known]
            plain = ["" if value == NONE else _plain(value) for value in values]
            columns.append([f"{head} {ending}".strip(), *plain])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip(*columns, strict=True))
    return text.getvalue()


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.4f}".rstrip("0").rstrip(".")


def _aligned(table: Table) -> str:
    """'l' for the first column and those that hold words, 'r' for those of numbers."""
    columns = zip(*table.rows, *table.beside, strict=True)
    words = [any(text[:1].isalpha() for text in column) for column in columns]
    words = words or [False] * len(table.columns)
    return "l" + "".join("l" if here else "r" for here in words[1:])


def escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text)


def to_markdown(table: Table) -> str:
    """Caption, then this study's rows, then the published ones as a table of their own."""
    parts = [f"**{table.label}.** {escape_markdown(table.caption)}"]
    for title, columns, rows in table.blocks:
        texts = [[escape_markdown(text) for text in row] for row in (_heads(columns), *rows)]
        texts.insert(1, ["---" if side == "l" else "---:" for side in _aligned(table)])
        body = "\n".join(f"| {' | '.join(line)} |" for line in texts)
        parts += [f"*{escape_markdown(title)}*", body]
    return "\n\n".join(parts) + "\n"


_LATEX = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "–": "--",
    "±": r"$\pm$",
}


_LONG = 12
"""Letters of a head beyond which it is wider than the numbers below it."""


def escape_latex(text: str) -> str:
    """Text as LaTeX prints it letter for letter; '1 %' keeps its number and sign together."""
    text = "".join(_LATEX.get(sign, sign) for sign in text)
    return re.sub(r"(?<=\d) (?=\\%)", r"\\,", text)


def _line(row: Row) -> str:
    return " & ".join(map(escape_latex, row)) + r" \\"


def _stacked(head: str, side: str) -> str:
    """A column's head, a long one on two lines: numbers below it are short."""
    words = head.split()
    if len(head) <= _LONG or len(words) < 2:
        return escape_latex(head)
    breaks = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    lines = min(breaks, key=lambda lines: max(map(len, lines)))
    return rf"\shortstack[{side}]{{{escape_latex(lines[0])}\\{escape_latex(lines[1])}}}"


def _latex_heads(columns: Columns, sides: str) -> list[str]:
    spans, rules, at = [], [], 1
    for group, members in groupby(columns, key=lambda column: column[0]):
        width = len(list(members))
        if group:
            spans.append(rf"\multicolumn{{{width}}}{{c}}{{{escape_latex(group)}}}")
            rules.append(rf"\cmidrule(lr){{{at}-{at + width - 1}}}")
        else:
            spans += [""] * width
        at += width
    above = [" & ".join(spans) + r" \\", "".join(rules)] if rules else []
    heads = (_stacked(head, side) for (_, head), side in zip(columns, sides, strict=True))
    return [*above, " & ".join(heads) + r" \\"]


def to_latex(table: Table) -> str:
    r"""A table over both columns of a page; it needs ``\usepackage{booktabs}`` and UTF-8."""
    width, sides = len(table.columns), _aligned(table)
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table*}",
        r"\centering",
        r"\small",
        r"\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escape_latex(table.caption)}}}",
        rf"\label{{tab:{table.name.replace('_', '-')}}}",
        rf"\begin{{tabular}}{{{sides}}}",
        r"\toprule",
    ]
    for place, (title, columns, rows) in enumerate(table.blocks):
        lines += [
            *([r"\midrule"] if place else []),
            rf"\multicolumn{{{width}}}{{l}}{{\emph{{{escape_latex(title)}}}}} \\",
            *_latex_heads(columns, sides),
            r"\midrule",
            *map(_line, rows),
        ]
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table*}"]
    return "\n".join(lines) + "\n"


FORMATS = {"csv": to_csv, "md": to_markdown, "tex": to_latex}

"""A table of texts as CSV, Markdown and LaTeX (booktabs)."""

import csv
import io
import re
from dataclasses import dataclass
from itertools import groupby

Row = tuple[str, ...]
Columns = tuple[tuple[str, str], ...]


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
    """This study's rows as they are printed; published numbers travel in the long CSV alone."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_heads(table.columns))
    writer.writerows(table.rows)
    return text.getvalue()


def escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text)


def to_markdown(table: Table) -> str:
    """Caption, then this study's rows, then the published ones as a table of their own."""
    parts = [f"**{table.label}.** {escape_markdown(table.caption)}"]
    for title, columns, rows in table.blocks:
        texts = [[escape_markdown(text) for text in row] for row in (_heads(columns), *rows)]
        texts.insert(1, ["---"] + ["---:"] * (len(columns) - 1))
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


def escape_latex(text: str) -> str:
    """Text as LaTeX prints it letter for letter; '1 %' keeps its number and sign together."""
    text = "".join(_LATEX.get(sign, sign) for sign in text)
    return re.sub(r"(?<=\d) (?=\\%)", r"\\,", text)


def _line(row: Row) -> str:
    return " & ".join(map(escape_latex, row)) + r" \\"


def _latex_heads(columns: Columns) -> list[str]:
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
    return [*above, _line(tuple(head for _, head in columns))]


def to_latex(table: Table) -> str:
    r"""A table environment; the document needs ``\usepackage{booktabs}`` and UTF-8."""
    width = len(table.columns)
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape_latex(table.caption)}}}",
        rf"\label{{tab:{table.name.replace('_', '-')}}}",
        rf"\begin{{tabular}}{{l{'r' * (width - 1)}}}",
        r"\toprule",
    ]
    for place, (title, columns, rows) in enumerate(table.blocks):
        lines += [
            *([r"\midrule"] if place else []),
            rf"\multicolumn{{{width}}}{{l}}{{\emph{{{escape_latex(title)}}}}} \\",
            *_latex_heads(columns),
            r"\midrule",
            *map(_line, rows),
        ]
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


FORMATS = {"csv": to_csv, "md": to_markdown, "tex": to_latex}

"""How values are printed, and a table of them as CSV, Markdown and LaTeX (booktabs)."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby

import pandas as pd

NONE = "–"
"""Printed where there is no number."""
NAN = float("nan")


@dataclass(frozen=True)
class Format:
    """How a number is printed: 0.0625 as '6.2 %' by Format('.1f', 100, ' %')."""

    digits: str = ".2f"
    scale: float = 1
    unit: str = ""

    def __call__(
        self, value: float | str, sd: float = NAN, to: float = NAN, share: float = NAN
    ) -> str:
        """'10.79 ± 0.21', '14–15', '146.6 (50 %)'; see `Block` for the parts of a number."""
        if isinstance(value, str):
            return value
        if pd.isna(value):
            return NONE
        text = self._number(value)
        if not pd.isna(sd):
            text += f" ± {self._number(sd)}"
        if not pd.isna(to):
            text += f"–{self._number(to)}"
        part = "" if pd.isna(share) or share == 1 else f" ({100 * share:.0f} %)"
        return text + self.unit + part

    def _number(self, value: float) -> str:
        return f"{self.scale * value:{self.digits}}"


PIXELS, COUNT, RATE = Format(), Format(".0f"), Format("g", 100, " %")
SIZES = Format(".1f", 100, " %")
"""Of errors as shares of the person's size."""
SIZE = "of the person's size"


def percent(rate: Fraction) -> str:
    """A rate as it is printed: '1 %', '2.5 %'."""
    return RATE(float(rate))


def span(counts: Iterable[int]) -> str:
    """Counts that should agree: '15', or '14–15' where they do not."""
    found = sorted(counts)
    return COUNT(found[0], to=found[-1] if found[-1] > found[0] else NAN) if found else NONE


@dataclass(frozen=True)
class Block:
    """Rows under heads of their own: this study's, or the published ones.

    number: how they are printed, where the table does not say so of their head.
    values: columns (group, head, part). Columns that share a group stand side by side under it.
    The part is 'value', a number or a text, and of the same number 'sd' (its sample standard
    deviation), 'to' (the largest of counts that differ) or 'share' (of the frames that it is of).
    """

    title: str
    values: pd.DataFrame
    number: Format = PIXELS

    @property
    def columns(self) -> dict[tuple[str, str], dict[str, pd.Series]]:
        """The parts of each printed column, by (group, head)."""
        found: dict[tuple[str, str], dict[str, pd.Series]] = {}
        for (group, head, part), numbers in self.values.items():
            found.setdefault((group, head), {})[part] = numbers
        return found

    @property
    def sides(self) -> list[str]:
        """'left' for columns of texts, 'right' for those of numbers."""
        values = [parts["value"] for parts in self.columns.values()]
        return ["left" if pd.api.types.is_string_dtype(column) else "right" for column in values]

    def printed(self, formats: Mapping[str, Format]) -> pd.DataFrame:
        """Texts, the columns in the order of `columns`."""
        texts = {}
        for at, parts in self.columns.items():
            how = formats.get(at[1], self.number)
            rows = zip(*parts.values(), strict=True)
            texts[at] = [how(**dict(zip(parts, row, strict=True))) for row in rows]
        return pd.DataFrame(texts, dtype="str")


@dataclass(frozen=True)
class Table:
    """A printed table.

    name: stem of its files. label: how it is called, where the document does not number it.
    formats: by a column's head. beside: the numbers of `ours` in another measure, under the same
    heads.
    """

    name: str
    label: str
    caption: str
    ours: Block
    published: Block | None = None
    formats: Mapping[str, Format] = field(default_factory=dict)
    beside: Block | None = None

    @property
    def blocks(self) -> list[Block]:
        return [block for block in (self.ours, self.beside, self.published) if block]


def _plain(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".")


def to_csv(table: Table) -> str:
    """This study's rows for machines: plain numbers, empty where there is none.

    Parts have columns of their own, if there is any such number; rates and shares are fractions
    of 1. Published numbers are in ``compared.csv``. The columns of `beside` end in its measure.
    """
    blocks = {"": table.ours} | ({SIZE: table.beside} if table.beside else {})
    columns = {
        " ".join(filter(None, (*at, measure, part.removeprefix("value")))): numbers
        for measure, block in blocks.items()
        for at, parts in block.columns.items()
        for part, numbers in parts.items()
        if (part == "value" or numbers.notna().any())
        and not (measure and pd.api.types.is_string_dtype(parts["value"]))
    }
    return pd.DataFrame(columns).to_csv(index=False, float_format=_plain, lineterminator="\n")


def escape_markdown(text: str) -> str:
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text)


def to_markdown(table: Table) -> str:
    """Caption, then this study's rows, then the published ones as a table of their own."""
    parts = [f"**{table.label}.** {escape_markdown(table.caption)}"]
    for block in table.blocks:
        texts = block.printed(table.formats).map(escape_markdown)
        texts.columns = [escape_markdown(f"{group} {head}".strip()) for group, head in texts]
        body = texts.to_markdown(index=False, disable_numparse=True, colalign=block.sides)
        parts += [f"*{escape_markdown(block.title)}*", body]
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


def _latex_head(head: str, side: str) -> str:
    lines = textwrap.wrap(head, _LONG, break_long_words=False)
    if len(lines) < 2:
        return escape_latex(head)
    stacked = r"\\".join(map(escape_latex, lines))
    return rf"\shortstack[{side}]{{{stacked}}}"


def _group_rules(block: Block) -> str:
    """A rule below each group's name, which pandas does not draw."""
    rules, at = "", 1
    for group, members in groupby(group for group, _ in block.columns):
        end = at + len(list(members))
        rules += rf"\cmidrule(lr){{{at}-{end - 1}}}" if group else ""
        at = end
    return rules


def _latex_block(block: Block, formats: Mapping[str, Format]) -> str:
    sides = "".join(side[0] for side in block.sides)
    texts = block.printed(formats).map(escape_latex)
    heads = [
        (escape_latex(group), _latex_head(head, side))
        for (group, head), side in zip(block.columns, sides, strict=True)
    ]
    grouped = any(group for group, _ in heads)
    texts.columns = pd.MultiIndex.from_tuples(heads) if grouped else [head for _, head in heads]
    body = texts.to_latex(index=False, escape=False, column_format=sides, multicolumn_format="c")
    if grouped:
        body = body.replace("\\\\\n", f"\\\\\n{_group_rules(block)}\n", 1)
    return f"\\emph{{{escape_latex(block.title)}}}\\\\[2pt]\n{body}"


def to_latex(table: Table) -> str:
    r"""A table over both columns of a page; it needs ``\usepackage{booktabs}`` and UTF-8."""
    head = rf"""% needs \usepackage{{booktabs}}
\begin{{table*}}
\centering
\small
\setlength{{\tabcolsep}}{{4pt}}
\caption{{{escape_latex(table.caption)}}}
\label{{tab:{table.name.replace("_", "-")}}}
"""
    bodies = [_latex_block(block, table.formats) for block in table.blocks]
    return head + "\\\\[4pt]\n".join(bodies) + "\\end{table*}\n"


FORMATS = {"csv": to_csv, "md": to_markdown, "tex": to_latex}

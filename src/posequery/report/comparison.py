"""Every cell beside the published number, one line each, and what may be said of the two."""

import csv
import io
import math
from collections.abc import Sequence
from fractions import Fraction

from scipy import stats

from posequery.evaluation.cells import CellRow
from posequery.report.captions import Captions
from posequery.report.rows import pick, published_error, spread

COLUMNS = (
    "table",
    "setting",
    "teacher",
    "method",
    "rate",
    "k",
    "seeds",
    "mpjpe_px",
    "sd_px",
    "mpjpe_px_without_first_window",
    "sd_px_without_first_window",
    "published_px",
    "published_in",
    "finding",
)
_UNTRAINED = {"offline": ("none", Fraction(0)), "online": ("baseline", Fraction(0))}


def finding(changes: Sequence[float], published_change: float, captions: Captions) -> str:
    """'same direction', 'opposite' or 'undecided': a change against the unadapted student.

    `changes`: this study's, one a seed, pixels, negative is better. Decided only if the 95 %
    Student interval of their mean leaves out 0, so never with one seed.
    """
    found = spread(changes)
    word = "undecided"
    if found is not None and found.sd is not None and published_change:
        reach = stats.t.ppf(0.975, found.seeds - 1) * found.sd / math.sqrt(found.seeds)
        if abs(found.mean) > reach:
            same = (found.mean < 0) == (published_change < 0)
            word = "same direction" if same else "opposite"
    return f"{word}, in the stand-in" if captions.stand_in else word


def _finding(cells: Sequence[CellRow], first: CellRow, captions: Captions) -> str:
    untrained, rate = _UNTRAINED[first.setting]
    published = published_error(first.setting, first.teacher, first.method, first.rate)
    start = published_error(first.setting, first.teacher, untrained, rate)
    if first.method == untrained or published is None or start is None:
        return ""
    ours = spread(cell.mpjpe_px for cell in pick(cells, first.setting, untrained))
    seeds = pick(cells, first.setting, first.method, first.teacher, first.rate)
    changes = [] if ours is None else [cell.mpjpe_px - ours.mean for cell in seeds]
    return finding(changes, published - start, captions)


def comparison(cells: Sequence[CellRow], captions: Captions) -> str:
    """CSV text: a line per setting, teacher, method and rate, in the order of the cells.

    Empty where there is no number; `finding` is about the change against the unadapted student.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    firsts: dict[tuple[object, ...], CellRow] = {}
    for cell in cells:
        firsts.setdefault((cell.setting, cell.teacher, cell.method, cell.rate), cell)
    for first in firsts.values():
        table = {"offline": "Table 1", "online": "Table 2"}[first.setting]
        seeds = pick(cells, first.setting, first.method, first.teacher, first.rate)
        every = spread(cell.mpjpe_px for cell in seeds)
        late = spread(cell.mpjpe_px_without_first_window for cell in seeds)
        number = published_error(first.setting, first.teacher, first.method, first.rate)
        writer.writerow(
            (
                table,
                first.setting,
                first.teacher,
                first.method,
                first.rate,
                first.k,
                len(seeds),
                every and every.mean,
                every and every.sd,
                late and late.mean,
                late and late.sd,
                number,
                number and table,
                _finding(cells, first, captions),
            )
        )
    return text.getvalue()

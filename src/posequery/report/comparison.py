"""Every cell beside the published number, one line each, and what may be said of the two."""

import math
from fractions import Fraction

import pandas as pd
from scipy import stats

from posequery.report import published
from posequery.report.spread import mean, sd

COLUMNS = (
    "table setting teacher method rate k seeds mpjpe_px sd_px mpjpe_px_without_first_window "
    "sd_px_without_first_window published_px published_in finding"
).split()
_TABLE = {"offline": "Table 1", "online": "Table 2"}
_UNTRAINED = {"offline": "none", "online": "baseline"}


def finding(changes: pd.Series, published_change: float) -> str:
    """'same direction', 'opposite' or 'undecided': a change against the unadapted student.

    changes: this study's, one a seed, pixels, negative is better. Decided only if the 95 %
    Student interval of their mean leaves out 0, so never with one seed.
    """
    seeds, change = changes.count(), mean(changes)
    if seeds < 2 or not published_change:
        return "undecided"
    reach = stats.t.ppf(0.975, seeds - 1) * sd(changes) / math.sqrt(seeds)
    if abs(change) <= reach:
        return "undecided"
    return "same direction" if (change < 0) == (published_change < 0) else "opposite"


def comparison(cells: pd.DataFrame, stand_in: bool) -> pd.DataFrame:
    """A row per setting, teacher, method and rate, in the order of the cells.

    NaN where there is no number. `finding` is about the change against the unadapted student, and
    says so if it is one of the stand-in.
    """
    groups = cells.groupby(["setting", "teacher", "method", "rate"], sort=False)
    rows = []
    for (setting, teacher, method, rate), seeds in groups:
        table, untrained = _TABLE[setting], _UNTRAINED[setting]
        errors, late = seeds["mpjpe_px"], seeds["mpjpe_px_without_first_window"]
        paper = published.mpjpe(setting, teacher, method, rate)
        row = {
            "table": table,
            "setting": setting,
            "teacher": teacher,
            "method": method,
            "rate": rate,
            "k": seeds["k"].iloc[0],
            "seeds": len(seeds),
            "mpjpe_px": mean(errors),
            "sd_px": sd(errors),
            "mpjpe_px_without_first_window": mean(late),
            "sd_px_without_first_window": sd(late),
            "published_px": paper,
        }
        if not math.isnan(paper):
            row["published_in"] = table
        if not math.isnan(paper) and method != untrained:
            here = cells[(cells["setting"] == setting) & (cells["method"] == untrained)]
            start = published.mpjpe(setting, teacher, untrained, Fraction(0))
            found = finding(errors - mean(here["mpjpe_px"]), paper - start)
            row["finding"] = f"{found}, in the stand-in" if stand_in else found
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)

"""Every cell beside the published number, one line each."""

import math

import pandas as pd

from posequery.evidence import published
from posequery.report.spread import mean, sd

COLUMNS = (
    "table setting teacher method rate k seeds mpjpe_px sd_px mpjpe_px_without_first_window "
    "sd_px_without_first_window published_px published_in"
).split()
_TABLE = {"offline": "Table 1", "online": "Table 2"}


def comparison(cells: pd.DataFrame) -> pd.DataFrame:
    """A row per setting, teacher, method and rate, in the order of the cells.

    NaN where there is no number. Of several streams, a seed's are averaged first. What may be said
    of the differences is in the evidence's verdicts.
    """
    groups = cells.groupby(["setting", "teacher", "method", "rate"], sort=False)
    rows = []
    for (setting, teacher, method, rate), runs in groups:
        seeds = runs.groupby("seed")
        errors = seeds["mpjpe_px"].agg(mean)
        late = seeds["mpjpe_px_without_first_window"].agg(mean)
        table, paper = _TABLE[setting], published.mpjpe(setting, teacher, method, rate)
        row = {
            "table": table,
            "setting": setting,
            "teacher": teacher,
            "method": method,
            "rate": rate,
            "k": runs["k"].iloc[0],
            "seeds": len(errors),
            "mpjpe_px": mean(errors),
            "sd_px": sd(errors),
            "mpjpe_px_without_first_window": mean(late),
            "sd_px_without_first_window": sd(late),
            "published_px": paper,
        }
        rows.append(row if math.isnan(paper) else row | {"published_in": table})
    return pd.DataFrame(rows, columns=COLUMNS)

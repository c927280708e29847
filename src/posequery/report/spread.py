"""Numbers averaged over streams and then over seeds: what stands in the tables."""

import statistics
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd

from posequery.report.formats import NAN


def mean(values: pd.Series) -> float:
    """Of the numbers that are there; NaN where there is none."""
    known = values.dropna().tolist()
    return statistics.fmean(known) if known else NAN


def sd(values: pd.Series) -> float:
    """Sample standard deviation; NaN of fewer than two numbers."""
    known = values.dropna().tolist()
    return statistics.stdev(known) if len(known) > 1 else NAN


def spread(groups: Any) -> pd.DataFrame:
    """Of a grouped column: its mean over each group ('value'), and 'sd'."""
    return groups.agg(value=mean, sd=sd)


def over_seeds(table: pd.DataFrame, keys: Sequence[str], column: str) -> pd.DataFrame:
    """The spread over seeds of a column of cells, by `keys`; a seed's number is its mean over
    streams, which are no replicates of each other."""
    seeds = table.groupby([*keys, "seed"], observed=True, dropna=False)[column].agg(mean)
    return spread(seeds.groupby(level=[*keys], observed=True))


def counts(groups: Any) -> pd.DataFrame:
    """Of a grouped column of counts that should agree: 'value', and 'to' where they do not."""
    found = groups.agg(value="min", to="max")
    return found.assign(to=found["to"].where(found["to"] > found["value"]))


def wide(
    found: pd.DataFrame, rows: Iterable[Any], groups: Iterable[Any], heads: Iterable[Any]
) -> pd.DataFrame:
    """Numbers by (row, group, head), and their parts, as columns (group, head, part).

    Rows and columns are those asked for, in that order; NaN where there is no such number.
    """
    places = pd.MultiIndex.from_product([[*rows], [*groups], [*heads]])
    return found.reindex(places).stack().unstack([1, 2, 3], sort=False)


def pivot(
    cells: pd.DataFrame,
    column: str,
    methods: Iterable[str],
    teachers: Iterable[str],
    rates: Iterable[Fraction],
) -> pd.DataFrame:
    """The spread of `column` over seeds: a row for each method, columns (teacher, rate, part)."""
    found = over_seeds(cells, ["method", "teacher", "rate"], column)
    return wide(found, methods, teachers, rates)

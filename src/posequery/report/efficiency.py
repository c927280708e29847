"""What the training cost: tables made from ``seconds.csv``, which differs from run to run."""

import pandas as pd

from posequery.evidence import published
from posequery.report.captions import Captions, method_name
from posequery.report.cells import ANY_RATE, KEYS, of_setting, strategies, teachers
from posequery.report.formats import COUNT, RATE, Block, Format, Table
from posequery.report.spread import counts, mean, spread

_FORMATS = {
    "rate": RATE,
    "share of real time": Format(".1f", 100, " %"),
    **dict.fromkeys(
        ("k", "trainings", "frames trained on", "cells", "published training s"), COUNT
    ),
}


def _block(title: str, columns: dict[str, pd.Series | pd.DataFrame]) -> Block:
    """columns: by their heads, of values or of their parts."""
    parts = {
        ("", head): column.to_frame("value") if isinstance(column, pd.Series) else column
        for head, column in columns.items()
    }
    return Block(title, pd.concat(parts, axis=1))


def efficiency(cells: pd.DataFrame, seconds: pd.DataFrame, captions: Captions) -> Table:
    """Online, a row per method, labels and rate: what it trained and how long that took."""
    online = of_setting(cells, "online").merge(seconds, "left", KEYS)
    order = ["baseline", "once", "continual", *strategies(online)]
    rows = online.assign(
        method=pd.Categorical(online["method"], order),
        teacher=pd.Categorical(online["teacher"], ["none", *teachers(online)]),
        share=online["training_s"] / online["stream_s"],
    ).groupby(["method", "teacher", "rate"], observed=True)
    at = rows.size().index

    rates = [None if method in ANY_RATE else rate for method, _, rate in at]
    labels = [None if name == "none" else captions.teacher_name(name) for _, name, _ in at]
    paper = [
        published.value("training_s", "online", method=method, rate=rate)
        for (method, _, _), rate in zip(at, rates, strict=True)
    ]
    columns = {
        "method": pd.Series([method_name(method) for method, _, _ in at], at, "str"),
        "labels": pd.Series(labels, at, "str"),
        "rate": pd.Series(rates, at, "float"),
        "k": counts(rows["k"]),
        "trainings": counts(rows["trainings"]),
        "frames trained on": counts(rows["frames_trained"]),
        "training s": spread(rows["training_s"]),
        "share of real time": spread(rows["share"]),
        "published training s": pd.Series(paper, at, "float"),
    }
    stream = COUNT(mean(online["stream_s"][:1]))
    return Table(
        name="efficiency",
        label="Efficiency, online",
        caption=captions.efficiency(stream),
        ours=_block(captions.heading, columns),
        formats=_FORMATS,
    )


def efficiency_offline(cells: pd.DataFrame, seconds: pd.DataFrame, captions: Captions) -> Table:
    """Offline, a row per rate, over all strategies: the paper's Section 4.4 counts by rate too."""
    offline = of_setting(cells, "offline").merge(seconds, "left", KEYS)
    rows = offline[offline["method"] != "none"].groupby("rate")
    at = rows.size().index
    paper = [published.value("training_s", "offline", method=None, rate=rate) for rate in at]
    columns = {
        "rate": pd.Series(at, at, "float"),
        "k": counts(rows["k"]),
        "frames trained on": counts(rows["frames_trained"]),
        "cells": rows.size(),
        "training s": spread(rows["training_s"]),
        "published training s": pd.Series(paper, at, "float"),
    }
    return Table(
        name="efficiency_offline",
        label="Efficiency, offline",
        caption=captions.efficiency_offline(),
        ours=_block(captions.heading, columns),
        formats=_FORMATS,
    )

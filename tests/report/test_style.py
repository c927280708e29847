from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from posequery import strategies
from posequery.report.style import OTHER_COLORS, STYLES, method_style, styles

RATES = [Fraction(percent, 100) for percent in (40, 20, 10, 5, 1)]
SIGHTS = {
    "usual": np.eye(3),
    "protan": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deutan": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9690]],
    "tritan": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}
"""Linear RGB as the colour-blind see it (Machado, Oliveira and Fernandes, 2009)."""
XYZ = [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0177, 0.1095, 0.8730]]
"""From linear RGB, white as (1, 1, 1)."""


def seen(color, sight):
    """CIELAB of a colour: distances of 2 are just to be seen, of 10 at a glance."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = XYZ @ np.clip(np.array(SIGHTS[sight]) @ linear, 0, 1)
    x, y, z = (np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_no_two_colours_look_alike_to_anybody(sight, tried):
    colors = {style.color for style in STYLES.values()} | {*OTHER_COLORS}
    pairs = list(combinations(sorted(colors), 2))
    for one, other in pairs:
        assert np.linalg.norm(seen(one, sight) - seen(other, sight)) > 12, (one, other)
    tried("4", "two methods' colours, to people who see colours differently", {"told apart": 78})
    assert len(pairs) == 78


def test_colour_and_marker_are_the_strategys_and_dashes_the_rates(tried):
    methods = ["uniform", "random", "error", "least_confidence", "once", "herding", "k_center"]
    lines = {f"{method} {rate}": (method, rate) for method in methods for rate in RATES}
    for some in (lines, dict(reversed(lines.items()))):
        drawn = styles(some)
        for method in methods:
            looks = {
                (style.color, style.marker)
                for label, style in drawn.items()
                if some[label][0] == method
            }
            assert len(looks) == 1
        for rate in RATES:
            dashes = {drawn[label].dashes for label in some if some[label][1] == rate}
            assert len(dashes) == 1
        assert drawn[f"uniform {RATES[0]}"] == STYLES["uniform"]
        assert len({(s.color, s.marker, s.dashes) for s in drawn.values()}) == len(lines)
        assert (
            len({s.color for s in drawn.values()}) == len({s.marker for s in drawn.values()}) == 7
        )
    tried("4", "lines of strategies at several rates", {"colour of the strategy": 2 * len(lines)})


def test_a_method_looks_the_same_whatever_stands_beside_it():
    lines = {"random 5 %": ("random", RATES[3]), "uniform 1 %": ("uniform", RATES[4])}
    assert styles(lines)["random 5 %"] == STYLES["random"]
    assert styles({"u": ("uniform", RATES[4])})["u"] == styles({"u": ("uniform", None)})["u"]
    for name in strategies.names():
        assert method_style(name) == method_style(name, "uniform", "random")
    assert (
        method_style("herding", "k_center")
        == styles({"a": ("k_center", None), "b": ("herding", None)})["b"]
    )


def test_what_is_not_adapted_is_grey_and_what_is_no_rate_of_a_strategy_keeps_its_dashes():
    red, green, blue = to_rgb(STYLES["baseline"].color)
    assert red == green == blue
    assert STYLES["none"] == STYLES["baseline"]
    drawn = styles({"a": ("uniform", RATES[0]), "b": ("repeat", RATES[1]), "c": ("baseline", None)})
    assert [drawn[label] for label in "bc"] == [STYLES["repeat"], STYLES["baseline"]]


def test_yellow_has_an_edge():
    assert STYLES["continual"].line["path_effects"]
    assert not STYLES["uniform"].line["path_effects"]

from posequery.report.style import OTHERS, STYLES, styles


def test_styles_tell_lines_apart_without_colour():
    methods = ["uniform", "random", "error", "least_confidence", "continual", "once", "k", "l"]
    drawn = styles({method: method for method in methods})
    assert len({style.marker for style in drawn.values()}) == len(methods)
    assert len({style.color for style in STYLES.values()}) == len(STYLES)
    repeat = STYLES["repeat"]
    others = [style for style in (*STYLES.values(), *OTHERS) if style is not repeat]
    assert repeat.dashes not in [style.dashes for style in others]
    assert repeat.color not in [style.color for style in others]
    assert len({(style.color, style.dashes) for style in (repeat, *others)}) == len(others) + 1


def test_a_method_looks_the_same_in_every_figure():
    alone = styles({"uniform": "uniform"})
    labels = {"k center": "k_center", "uniform 20 %": "uniform", "uniform 10 %": "uniform"}
    among = styles(labels | {"uniform 1 %": "uniform", "herding": "herding"})
    assert among["uniform 20 %"] == alone["uniform"] == STYLES["uniform"]
    assert [among["k center"], among["herding"]] == [*OTHERS[:2]]
    rates = [among[f"uniform {percent} %"] for percent in (20, 10, 1)]
    assert {(style.color, style.marker) for style in rates} == {("#0072B2", "o")}
    assert len({style.dashes for style in rates}) == 3


def test_yellow_has_an_edge():
    assert STYLES["continual"].line["path_effects"]
    assert not STYLES["uniform"].line["path_effects"]

"""The grid: every cell once, whatever a study's file repeats."""

from collections import Counter

from posequery.study.grid import cells
from posequery.study.schema import Study


def test_what_is_named_twice_makes_no_cell_twice() -> None:
    twice = Study.model_validate(
        {
            "name": "twice",
            "source": {"kind": "rendered"},
            "seeds": [0, 1, 0],
            "strategies": ["uniform", "random", "uniform"],
            "teachers": ["ground_truth", "network", "ground_truth"],
            "offline": {"rates": ["1%", 0.01, "5%"]},
            "online": {"rates": ["1/100", "1%"], "methods": ["baseline", "once", "baseline"]},
        }
    )
    found = cells(twice)
    assert max(Counter(cell.folder for cell in found).values()) == 1
    # A seed: offline none, all, two strategies at two rates; online baseline, and for each of two
    # teachers once and two strategies at one rate.
    assert len(found) == 2 * (2 + 2 * 2 + 1 + 2 * (1 + 2))
    more = twice.online.model_copy(update={"methods": ["all"]})
    every = cells(twice.model_copy(update={"online": more, "strategies": {}, "offline": None}))
    assert [(cell.teacher, cell.method, cell.rate) for cell in every if not cell.seed] == [
        ("ground_truth", "all", 1),
        ("network", "all", 1),
    ]
    assert cells(twice, ("random",)) == [cell for cell in found if cell.method == "random"]


REPLICATES = {
    "name": "replicates",
    "seeds": [2, 1],
    "source": {"kind": "rendered", "stream_subjects": ["S1", "S2"]},
    "strategies": ["uniform"],
    "teachers": ["ground_truth"],
    "offline": {"rates": ["1%"]},
    "online": {"rates": ["1%"], "methods": ["baseline"]},
}


def test_what_trains_nothing_is_run_once_for_each_student_and_stream() -> None:
    def seeds(method: str, **more: object) -> list[tuple[int, str]]:
        found = cells(Study.model_validate(REPLICATES | more), (method,))
        return sorted((cell.seed, cell.stream) for cell in found)

    assert seeds("none") == [(1, "none")]
    assert seeds("baseline") == [(1, "S1"), (1, "S2")]
    own = {"student": {"per_seed": True}}
    assert seeds("none", **own) == [(1, "none"), (2, "none")]
    assert seeds("baseline", **own) == [(seed, at) for seed in (1, 2) for at in ("S1", "S2")]
    assert seeds("all") == seeds("all_equal_steps") == [(1, "none"), (2, "none")]
    for more in ({}, own):
        uniform = [(seed, at) for seed in (1, 2) for at in ("S1", "S2", "none")]
        assert seeds("uniform", **more) == uniform

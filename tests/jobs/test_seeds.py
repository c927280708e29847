import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posequery.jobs.seeds import entropy, generator

WORDS = st.lists(st.one_of(st.integers(), st.text(st.characters(categories=["L", "N", "Z"]))))


def test_draws_never_change():
    # Golden values: a change here changes every result of every study.
    assert entropy("mini", 0, "order") == 76316237006450374910528231037632911205
    assert generator("mini", 0, "order").integers(0, 1000, 5).tolist() == [839, 292, 170, 324, 761]


def test_another_process_with_another_hash_seed_draws_the_same():
    code = "from posequery.jobs.seeds import entropy; print(entropy('S1', 3))"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(done.stdout) == entropy("S1", 3)


@given(WORDS, WORDS)
def test_different_words_give_different_seeds(one, other):
    assert (entropy(*one) == entropy(*other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("a", "b"), ("ab",)), ((1,), ("1",)), ((1, 2), (12,)), ((), ("",)), ((1, 2), (2, 1))],
)
def test_words_that_look_alike_give_different_seeds(one, other):
    assert entropy(*one) != entropy(*other)


def test_a_number_counts_the_same_in_any_integer_type():
    assert entropy("frame", np.int64(7)) == entropy("frame", 7)


@pytest.mark.parametrize("word", [0.5, Fraction(1, 2), None, np.float32(1)])
def test_anything_but_text_and_whole_numbers_is_refused(word):
    with pytest.raises(TypeError):
        entropy(word)

"""Each method's policy, as the paper's section 4.3 has it."""

from fractions import Fraction

from posequery import strategies
from posequery.online.policies import Policy, policy

TENTH = Fraction(1, 10)


def test_what_each_method_does() -> None:
    def of(method: str, **parameters: object) -> Policy:
        return policy(method, TENTH, 100, 8, parameters)

    uniform = strategies.load("uniform")
    assert of("baseline") == Policy(100, times=0)
    assert of("once") == Policy(100, times=1, strategy=uniform, rate=TENTH)
    # On all of each short stretch, and compared at the others' lag.
    assert of("continual") == Policy(8, lag=100)
    found = of("least_confidence", over="mean")
    assert (found.stretch, found.times, found.rate, found.lag) == (100, None, TENTH, None)
    assert found.strategy == strategies.load("least_confidence")
    assert found.parameters == strategies.parameters("least_confidence", {"over": "mean"})

"""How many frames Human3.6M has: annotated ones of every sequence, and of whole videos.

The annotation of a sequence has as many frames before each camera: its motion capture at 200 Hz,
over four, rounded down. Published lists agree: frame-wise action labels (h36m_framewise_actions)
sequence by sequence, the sums of a subject's sequences with the community's totals.
"""

from posequery.sources.human36m.names import SUBJECTS, sequences

# Subactions 1 and 2 of each action, subject by subject.
_ANNOTATED = """
#               S1         S5         S6         S7         S8         S9         S11
Directions      1383 1612  4973 2067  2843 2819  2549 2949  2011 2028  2356 2699  1552 1825
Discussion      3805 3852  6090 5935  2720 2415  5415 5470  1931 2064  5873 5306  2684 2198
Eating          2357 2721  3276 2331  2010 2226  3763 3171  2807 2694  2663 2686  2275 2203
Greeting        1265 1149  1474 3199  1980 1621  2215 2161  1598 1447  2711 1447  1695 1808
Phoning         2636 2266  3277 2085  2379 2086  4354 3586  2970 3319  3821 3319  3390 3492
Posing          1167  992  2245 1885  1159 1161  2341 2920  1812 1685  1968 1964  1481 1407
Purchases       1064 1158  2479 3124  1332 1382  1237 1527  1274 1193  1226 1529  1026 1040
Sitting         3304 2612  3937 3878  1817 1998  4533 2826  2073 2140  3071 2962  1857 2179
SittingDown     3023 2742  5203 3926  1873 1594  4549 6343  1501 1554  2932 1554  1841 2004
Smoking         2611 2478  3201 3421  2899 3173  4395 4870  2932 3333  4377 4334  2767 2410
TakingPhoto     1074 1036  3325 2782  1672 1775  2155 1877  1616 1700  1449 2346  1545 1990
Waiting         1440 1792  4517 4856  2305 2054  4201 4332  1612 1715  1612 3312  2280 2262
Walking         3476 3134  3000 2521  2750 3614  3636 3623  3737 3695  2446 1612  1637 1621
WalkingDog      1662 1777  1937 2135  1996 1594  2641 2732  1735 1644  2217 2237  1187 1435
WalkingTogether 1275 1231  3016 2984  1629 1590  2379 2871  2359 2499  1685 1703  1793 1360
"""


def _table() -> dict[tuple[str, str], int]:
    counts = {}
    for line in _ANNOTATED.strip().splitlines()[1:]:
        action, *numbers = line.split()
        for column, number in enumerate(numbers):
            counts[SUBJECTS[column // 2], action, column % 2 + 1] = int(number)
    return {
        (subject, sequence.stem): counts[subject, sequence.action, sequence.subaction]
        for subject in SUBJECTS
        for sequence in sequences(subject)
    }


_BY_STEM = _table()


def expected(subject: str, stem: str) -> int:
    """Annotated frames of a sequence; KeyError for a name that is not in the dataset's table."""
    return _BY_STEM[subject, stem]


SHORT_ANNOTATIONS = {
    ("S9", "Greeting"): 2899,
    ("S9", "SittingDown 1"): 2788,
    ("S9", "Waiting 1"): 3390,
    ("S9", "Walking"): 3115,
    ("S9", "Phoning"): 3465,
}
"""Frames in the videos whose annotation ends long before them."""

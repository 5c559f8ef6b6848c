"""Writes test/vectors/stats/two-sample.json: tests of two samples as SciPy computes them.

Run: python3 tools/gold/two_sample.py   (needs scipy and numpy of requirements.txt)

Samples: those of evidently tests/stattests/test_stattests.py, the two examples of Goerg & Kaiser,
"Nonparametric testing of distributions - the Epps-Singleton two-sample test using the empirical
characteristic function" (2009), that of Conover (1999, ex. 6.3.1), and seeded draws.
"""

import json
import os
import warnings

import numpy as np
from scipy import stats

warnings.simplefilter("ignore")  # Anderson-Darling: that the p-value is cut off is wanted.


def cells(counts):
    return [float(value) for value, count in enumerate(counts, 1) for _ in range(count)]


def drawn(seed, n, m, shift):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=n), rng.normal(shift, 1.3, size=m)
    return [round(x, 6) for x in first.tolist()], [round(x, 6) for x in second.tolist()]


SAMPLES = {
    "evidently, numbers": (
        [38.7, 41.5, 43.8, 44.5, 45.5, 46, 47.7, 58],
        [39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8],
    ),
    "evidently, counts": (cells([16, 18, 16, 14, 12, 12]), cells([16, 16, 16, 16, 16, 8])),
    "Goerg & Kaiser 1": (
        [-0.35, 2.55, 1.73, 0.73, 0.35, 2.69, 0.46, -0.94, -0.37, 12.07],
        [-1.15, -0.15, 2.48, 3.25, 3.71, 4.29, 5.0, 7.74, 8.38, 8.6],
    ),
    "Goerg & Kaiser 2": (
        [0, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 5, 5, 5, 5, 6, 10, 10, 10, 10],
        [10, 4, 0, 5, 10, 10, 0, 5, 6, 7, 10, 3, 1, 7, 0, 8, 1, 5, 8, 10],
    ),
    "Conover": (
        [7.6, 8.4, 8.6, 8.7, 9.3, 9.9, 10.1, 10.6, 11.2],
        [5.2, 5.7, 5.9, 6.5, 6.8, 8.2, 9.1, 9.8, 10.8, 11.3, 11.5, 12.3, 12.5, 13.4, 14.6],
    ),
    "drawn alike": drawn(1, 30, 41, 0),
    "drawn apart": drawn(2, 60, 25, 0.6),
    "drawn far apart": drawn(3, 100, 100, 1.5),
    "evidently, normal": tuple(
        stats.norm.rvs(size=100, random_state=seed).tolist() for seed in (0, 1)
    ),
}


def row(name, first, second):
    tied = len(set(first) | set(second)) < len(first) + len(second)
    darling = stats.anderson_ksamp([first, second])
    singleton = stats.epps_singleton_2samp(first, second)
    counted = not tied and max(len(first), len(second)) < 50
    rank = stats.mannwhitneyu(first, second, method="exact" if counted else "asymptotic")
    mises = stats.cramervonmises_2samp(first, second)
    return {
        "name": name,
        "first": first,
        "second": second,
        "andersonDarling": [darling.statistic, darling.pvalue],
        "eppsSingleton": [singleton.statistic, singleton.pvalue],
        "mannWhitney": [rank.statistic, rank.pvalue],
        # With ties SciPy ranks otherwise than the definition by distribution functions.
        "cramerVonMises": None if tied else [mises.statistic, mises.pvalue],
    }


MIXED = (
    [16, 16, 16, 16, 16, 8],
    [10, 10, 24, 24, 10, 10],
    [0, 0, 0, 0, 0, 88],
    [16, 18, 16, 14, 12, 12],
    [10, 24, 12, 16, 8, 16],
)
# What evidently asserts of them: of mixings exactly as far apart it counts those rounding lets be.
EVIDENTLY = (0.928, 0.085, 0.0, 1.0, 0.309)
MIXINGS = 1_000_000


def mixed(current, asserted):
    """Share of mixings at least, and further apart than the counts: whole numbers, no rounding."""
    reference = np.array([16, 18, 16, 14, 12, 12])
    both = reference + np.array(current)
    rng = np.random.default_rng(4)
    drawn_again = rng.multivariate_hypergeometric(both, reference.sum(), size=MIXINGS)
    apart = np.abs(drawn_again * both.sum() - both * reference.sum()).sum(axis=1)
    seen = np.abs(reference * both.sum() - both * reference.sum()).sum()
    return {
        "reference": reference.tolist(),
        "current": current,
        "atLeast": float((apart >= seen).mean()),
        "further": float((apart > seen).mean()),
        "evidently": asserted,
    }


def main():
    mixings = ",\n    ".join(json.dumps(mixed(*pair)) for pair in zip(MIXED, EVIDENTLY))
    rows = [row(name, *pair) for name, pair in SAMPLES.items()]
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(here, "../../test/vectors/stats/two-sample.json")
    lines = ",\n    ".join(json.dumps(one) for one in rows)
    source = "SciPy " + __import__("scipy").__version__ + " by tools/gold/two_sample.py"
    with open(path, "w") as file:
        file.write('{\n  "source": "%s",\n  "rows": [\n    %s\n  ],\n' % (source, lines))
        file.write('  "mixings": [\n    %s\n  ]\n}\n' % mixings)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/statistics.json: inputs, and scipy's answers to what harness/statistics.h, power.h and effects.h ask.

    statistics_fixtures.py [--check]

--check   write nothing; say whether the file holds what scipy answers now, to 1e-12

Needs numpy and scipy >= 1.11 (pip install scipy); the build and the tests do not.
"""
import argparse
import json
import math
import random
import sys
from pathlib import Path

import numpy as np
from scipy import integrate, optimize, stats

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "golden" / "statistics.json"
TOLERANCE = 1e-12
MOST_SEEDS = 10_000


def samples():
    """Small samples of several shapes; the first ones are short, tied or skewed."""
    draw = random.Random(1)
    yield [0.25, -0.5]
    yield [1.0, 2.0, 4.0]
    yield [0.0, 0.0, 1.0, 1.0, 1.0, -1.0]
    yield [0.01, 0.012, 0.009, 0.011, 0.0105, 0.0093, 0.013, 0.0111]
    for count, shift in ((4, 0.0), (5, 1.0), (6, 0.3), (8, -0.5), (10, 0.0), (10, 0.8), (12, 0.4)):
        yield [round(draw.gauss(shift, 1), 4) for _ in range(count)]
    yield [round(draw.expovariate(1) - 0.5, 4) for _ in range(11)]


def equivalence(values, margin):
    below = stats.ttest_1samp(values, -margin, alternative="greater").pvalue
    above = stats.ttest_1samp(values, margin, alternative="less").pvalue
    return {"margin": margin, "p": max(below, above)}


def sign_flip(values):
    """All 2^n sign vectors, by scipy."""
    return stats.permutation_test((values,), np.sum, permutation_type="samples", n_resamples=np.inf,
                                  vectorized=True).pvalue


def sample(values):
    test = stats.ttest_1samp(values, 0)
    spread = stats.tstd(values)
    # Where the count is no multiple of four, the ends of the middle half count in part: 4 copies make them whole.
    return {
        "values": values,
        "mean": np.mean(values),
        "standard_deviation": spread,
        "interquartile_mean": stats.trim_mean(np.repeat(values, 4), 0.25),
        "quantiles": [[level, np.quantile(values, level)] for level in (0, 0.025, 0.1, 0.5, 0.77, 1)],
        "t_intervals": [[level, *test.confidence_interval(level)] for level in (0.8, 0.9, 0.95, 0.99)],
        "equivalence": [equivalence(values, share * spread) for share in (0.2, 0.5, 1.0, 2.5)],
        "sign_flip": sign_flip(values),
    }


def t_power(seeds, effect, level):
    critical, shift = stats.t.ppf(1 - level / 2, seeds - 1), effect * math.sqrt(seeds)
    far = stats.nct.cdf(-critical, seeds - 1, shift)  # scipy has no number where this side is negligible
    return stats.nct.sf(critical, seeds - 1, shift) + (0 if math.isnan(far) else far)


def detectable(seeds, level, power):
    return optimize.brentq(lambda effect: t_power(seeds, effect, level) - power, 0, 1000, xtol=1e-14, rtol=1e-14)


def equivalence_power(seeds, margin, level):
    """The mean of P(|mean| + t * u / sqrt(n) < margin | u) over u^2 ~ chi-squared / degrees."""
    degrees, room, critical = seeds - 1, margin * math.sqrt(seeds), stats.t.ppf(1 - level, seeds - 1)
    low, high = (math.sqrt(stats.chi2.ppf(p, degrees) / degrees) for p in (1e-14, 1 - 1e-14))
    high = min(high, room / critical)
    if high <= low:
        return 0.0
    inside = lambda u: (2 * stats.norm.cdf(room - critical * u) - 1) * 2 * degrees * u * stats.chi2.pdf(
        degrees * u * u, degrees)
    return integrate.quad(inside, low, high, epsabs=1e-13, epsrel=1e-13, limit=200)[0]


def first(enough):
    """By doubling and a plain scan of the last stretch."""
    high = 2
    while high < MOST_SEEDS and not enough(high):
        high = min(2 * high, MOST_SEEDS)
    if not enough(high):
        return None
    while high > 2 and enough(high - 1):
        high -= 1
    return high


def designs():
    for level, power in ((0.05, 0.8), (0.05, 0.9), (0.0025, 0.8)):
        for seeds in (2, 3, 6, 10, 20, 100):
            yield {"kind": "detectable", "seeds": seeds, "level": level, "power": power,
                   "answer": detectable(seeds, level, power)}
        for effect in (3.0, 1.0, 0.5, 0.1, 0.001):
            yield {"kind": "needed", "effect": effect, "level": level, "power": power,
                   "answer": first(lambda seeds: t_power(seeds, effect, level) >= power)}
        for margin in (2.0, 1.5, 1.0, 0.5, 0.1, 0.001):
            yield {"kind": "needed_equivalence", "margin": margin, "level": level, "power": power,
                   "answer": first(lambda seeds: equivalence_power(seeds, margin, level) >= power)}
    for seeds in (2, 3, 10, 300):
        for size in (0.1, 0.5, 1.0, 2.0):
            yield {"kind": "power", "seeds": seeds, "effect": size, "level": 0.05, "answer": t_power(seeds, size, 0.05)}
            yield {"kind": "equivalence_power", "seeds": seeds, "margin": size, "level": 0.05,
                   "answer": equivalence_power(seeds, size, 0.05)}


def newcombe(share, a, b, confidence):
    """Newcombe (2006), method 5: where |truth - share| is the normal quantile times the standard error at the truth."""
    critical, extra = stats.norm.ppf(0.5 + confidence / 2), (a + b) / 2 - 1

    def excess(truth):
        variance = truth * (1 - truth) * (1 + extra * ((1 - truth) / (2 - truth) + truth / (1 + truth))) / (a * b)
        return (truth - share) ** 2 - critical ** 2 * variance

    tight = {"xtol": 1e-15, "rtol": 1e-14}
    low = optimize.brentq(excess, 1e-300, share, **tight) if share > 0 else 0.0
    # At a share of 0 or 1 the truth equal to it is one root; the limit is the other.
    high = optimize.brentq(excess, max(share, 1e-9), 1, **tight) if share < 1 else 1.0
    if share == 1:
        low = optimize.brentq(excess, 0, 1 - 1e-9, **tight)
    return [low, high]


def improvement(a, b):
    share = stats.mannwhitneyu(a, b).statistic / (len(a) * len(b))
    return {"a": a, "b": b, "share": share,
            "intervals": [[level, *newcombe(share, len(a), len(b), level)] for level in (0.9, 0.95)]}


def improvements():
    draw = random.Random(2)
    yield improvement([1.0, 2.0, 3.0], [0.0, 0.5])
    yield improvement([0.0, 0.5], [1.0, 2.0, 3.0])
    yield improvement([1.0, 2.0, 2.0, 3.0], [2.0, 2.0, 1.0])
    for count, other, shift in ((6, 6, 0.5), (10, 10, 1.5), (10, 4, -0.4)):
        yield improvement([round(draw.gauss(shift, 1), 2) for _ in range(count)],
                          [round(draw.gauss(0, 1), 2) for _ in range(other)])


def discovery(p_values):
    return {"p": p_values, "adjusted": stats.false_discovery_control(p_values, method="bh")}


def discoveries():
    draw = random.Random(3)
    yield discovery([0.04])
    yield discovery([0.01, 0.04, 0.03, 0.005])
    yield discovery([0.5, 0.5, 1.0, 0.0, 0.2])
    yield discovery([round(draw.random() ** 3, 5) for _ in range(40)])


def mcnemar():
    for only_a, only_b in ((1, 0), (0, 6), (3, 9), (7, 7), (40, 61), (500, 430), (12, 100000)):
        yield {"only_a": only_a, "only_b": only_b, "p": stats.binomtest(only_a, only_a + only_b, 0.5).pvalue}


def fixtures():
    return {
        "samples": [sample(values) for values in samples()],
        "designs": list(designs()),
        "improvements": list(improvements()),
        "discoveries": list(discoveries()),
        "mcnemar": list(mcnemar()),
        "t_quantiles": [[p, degrees, stats.t.ppf(p, degrees)] for p in (0.001, 0.2, 0.9, 0.975, 0.99875)
                        for degrees in (1, 2.5, 9, 40, 9999)],
    }


def plain(value):
    """Numbers of numpy as Python's, which write themselves with the fewest digits that read back to the same bits."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, np.floating) else value


def departures(stored, fresh, where="$"):
    """Where two trees differ by more than TOLERANCE, absolute below 1 and relative above."""
    if isinstance(stored, dict) and isinstance(fresh, dict) and stored.keys() == fresh.keys():
        for key in fresh:
            yield from departures(stored[key], fresh[key], f"{where}.{key}")
    elif isinstance(stored, list) and isinstance(fresh, list) and len(stored) == len(fresh):
        for index, (old, new) in enumerate(zip(stored, fresh)):
            yield from departures(old, new, f"{where}[{index}]")
    elif isinstance(stored, float) and isinstance(fresh, float):
        if not abs(stored - fresh) <= TOLERANCE * max(1, abs(fresh)):
            yield f"{where}: {stored!r}, now {fresh!r}"
    elif stored != fresh:
        yield f"{where}: {stored!r}, now {fresh!r}"


def text(tree):
    """One line for each case."""
    parts = []
    for name, cases in sorted(tree.items()):
        lines = ",\n".join("  " + json.dumps(case, sort_keys=True) for case in cases)
        parts.append(f' "{name}": [\n{lines}\n ]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    fresh = plain(fixtures())
    if not arguments.check:
        GOLDEN.write_text(text(fresh))
        return 0
    found = list(departures(json.loads(GOLDEN.read_text()), fresh))
    print("\n".join(found) or f"current: {sum(map(len, fresh.values()))} cases")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

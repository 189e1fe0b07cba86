#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/merges.json: random weights, and what numpy makes of them by each paper's formula.

    merge_reference.py [--check]

--check   write nothing; say whether the file holds what numpy answers now, to 1e-12

Needs numpy; the build and the tests do not. Every merge here works on whole arrays or one flat vector, where
architectures/combiners/ goes entry by entry.
"""
import argparse
import itertools
import json
import math
import sys
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "merges.json"
SHAPES = {"head.bias": (1, 5), "head.weight": (6, 5), "layer0.map.bias": (1, 6), "layer0.map.weight": (4, 6)}
MEMBERS = 3
WORD = 2**64


def draw():
    """Members that share a direction away from a seed, so that angles are sharp; f32, as networks are stored."""
    random = np.random.default_rng(6)
    normal = lambda shape: random.standard_normal(shape)
    seed = {name: normal(shape) for name, shape in SHAPES.items()}
    common = {name: normal(shape) for name, shape in SHAPES.items()}
    members = [{name: seed[name] + 0.3 * common[name] + 0.3 * normal(shape) for name, shape in SHAPES.items()}
               for _ in range(MEMBERS)]
    fisher = [{name: normal(shape) ** 2 for name, shape in SHAPES.items()} for _ in range(MEMBERS)]
    grams = []
    for _ in range(MEMBERS):
        inputs = {name: normal((9, shape[0])) for name, shape in SHAPES.items() if name.endswith("weight")}
        inputs["layer0.map.weight"][:, 1] = 0  # an input that nobody saw
        grams.append({name: rows.T @ rows for name, rows in inputs.items()})
    single = lambda arrays: {name: array.astype(np.float32).astype(np.float64) for name, array in arrays.items()}
    return {"seed": single(seed), **{key: [single(one) for one in value]
                                     for key, value in (("members", members), ("fisher", fisher), ("grams", grams))}}


def flat(arrays):
    return np.concatenate([arrays[name].ravel() for name in sorted(arrays)])


def unflat(vector):
    cuts = np.cumsum([math.prod(SHAPES[name]) for name in sorted(SHAPES)])[:-1]
    return {name: part.reshape(SHAPES[name]) for name, part in zip(sorted(SHAPES), np.split(vector, cuts))}


def task_vectors(given):
    return np.stack([flat(member) - flat(given["seed"]) for member in given["members"]])


def task_arithmetic(given, scale):
    return unflat(flat(given["seed"]) + scale * task_vectors(given).sum(axis=0))


def ties(given, density, scale):
    """Yadav et al. 2023, algorithm 1."""
    changes = task_vectors(given)
    kept = math.ceil(density * changes.shape[1])
    for row in changes:
        row[np.argsort(-np.abs(row), kind="stable")[kept:]] = 0
    elected = np.sign(changes.sum(axis=0))
    agrees = (np.sign(changes) == elected) & (changes != 0)
    mean = np.where(agrees, changes, 0).sum(axis=0) / np.maximum(agrees.sum(axis=0), 1)
    return unflat(flat(given["seed"]) + scale * mean)


def mixed(word):
    """The finaliser of SplitMix64, variant 13 of Stafford."""
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB % WORD
    return word ^ (word >> 31)


def uniforms(purpose, index, count):
    """The project's stream of (seed 0, purpose, index), as harness/random.h tells it."""
    gamma, hashed = 0x9E3779B97F4A7C15, 0xCBF29CE484222325
    for byte in purpose.encode():
        hashed = (hashed ^ byte) * 0x100000001B3 % WORD
    state = 0
    for part in (0, hashed, index, 0):
        state = mixed((state + gamma + part) % WORD)
    return [(mixed((state + (i + 1) * gamma) % WORD) >> 11) / 2**53 for i in range(count)]


def dare(given, drop, scale):
    """Yu et al. 2024, equation 1, then the mean."""
    result = {}
    for name, shape in SHAPES.items():
        changes = []
        for index, member in enumerate(given["members"]):
            keeps = np.reshape(uniforms("dare/" + name, index, math.prod(shape)), shape) >= drop
            changes.append(keeps * (member[name] - given["seed"][name]) / (1 - drop))
        result[name] = given["seed"][name] + scale * np.mean(changes, axis=0)
    return result


def slerp(given, steps):
    """By the two unit vectors of a plane: the first, and the second's part at right angles to it."""
    merged = given["members"][0]
    for step, member in zip(steps, given["members"][1:]):
        result = {}
        for name in SHAPES:
            a, b = merged[name].ravel(), member[name].ravel()
            unit_a, unit_b = a / np.linalg.norm(a), b / np.linalg.norm(b)
            angle = 2 * np.arctan2(np.linalg.norm(unit_a - unit_b), np.linalg.norm(unit_a + unit_b))
            # a and b keep their lengths: the weights solve for a rotation of the unit vectors.
            basis = np.linalg.qr(np.stack([unit_a, unit_b], axis=1))[0]
            basis[:, 0] *= np.sign(basis[:, 0] @ unit_a)
            basis[:, 1] *= np.sign(basis[:, 1] @ unit_b)
            target = np.cos(step * angle) * basis[:, 0] + np.sin(step * angle) * basis[:, 1]
            shares = np.linalg.lstsq(np.stack([unit_a, unit_b], axis=1), target, rcond=None)[0]
            result[name] = (shares[0] * a + shares[1] * b).reshape(SHAPES[name])
        merged = result
    return merged


def fisher(given):
    """Matena and Raffel 2022, equation 6, with a floor of 1e-10."""
    importance = np.stack([flat(one) for one in given["fisher"]]) + 1e-10
    return unflat(np.average(np.stack([flat(one) for one in given["members"]]), axis=0, weights=importance))


def regmean(given, alpha):
    """Jin et al. 2023, equation 2, by least squares on the Grams' square roots."""
    result = {name: np.mean([member[name] for member in given["members"]], axis=0) for name in SHAPES}
    for name in given["grams"][0]:
        shrunk = [alpha * one[name] + (1 - alpha) * np.diag(np.diag(one[name])) for one in given["grams"]]
        ridge = 1e-6 * np.mean([np.diag(one[name]).mean() for one in given["grams"]])
        roots = [np.linalg.cholesky(one + ridge * np.eye(len(one))).T for one in shrunk]
        answers = [root @ member[name] for root, member in zip(roots, given["members"])]
        result[name] = np.linalg.lstsq(np.concatenate(roots), np.concatenate(answers), rcond=None)[0]
    return result


def model_stock(given):
    """Jang et al. 2024, equation 6, for each array."""
    result = {}
    for name in SHAPES:
        changes = [(member[name] - given["seed"][name]).ravel() for member in given["members"]]
        cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in itertools.combinations(changes, 2)]
        cosine = min(max(np.mean(cosines), 0), 1)
        share = MEMBERS * cosine / (1 + (MEMBERS - 1) * cosine)
        mean = np.mean([member[name] for member in given["members"]], axis=0)
        result[name] = share * mean + (1 - share) * given["seed"][name]
    return result


def scaled(scale, **others):
    return {**others, "lambda": scale, "lambdas": ""}


def answers(given):
    yield "uniform_soup", {}, unflat(np.mean([flat(one) for one in given["members"]], axis=0))
    yield "task_arithmetic", scaled(0.4), task_arithmetic(given, 0.4)
    for density, scale in ((0.2, 1.0), (0.5, 0.7), (1.0, 1.0)):
        yield "ties", scaled(scale, density=density), ties(given, density, scale)
    for drop, scale in ((0.5, 1.0), (0.9, 0.6)):
        yield "dare", scaled(scale, drop=drop), dare(given, drop, scale)
    yield "slerp", {"t": None}, slerp(given, (1 / 2, 1 / 3))
    yield "slerp", {"t": 0.3}, slerp(given, (0.3, 0.3))
    yield "fisher", {"items": 9}, fisher(given)
    for alpha in (0.0, 0.9, 1.0):
        yield "regmean", {"alpha": alpha, "items": 9}, regmean(given, alpha)
    yield "model_stock", {}, model_stock(given)


def listed(value):
    if isinstance(value, dict):
        return {key: listed(one) for key, one in value.items()}
    return [listed(one) for one in value] if isinstance(value, list) else \
        {"shape": list(value.shape), "values": value.ravel().tolist()}


def numbers(value):
    if isinstance(value, dict):
        return [number for key in sorted(value) for number in numbers(value[key])]
    if isinstance(value, list):
        return [number for one in value for number in numbers(one)]
    return [value] if isinstance(value, float) else []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    given = draw()
    cases = [{"combiner": name, "options": options, "merged": listed(merged)}
             for name, options, merged in answers(given)]
    made = {"given": listed(given), "cases": cases}
    if not check:
        GOLDEN.write_text(json.dumps(made, sort_keys=True) + "\n")
        return 0
    old, new = numbers(json.loads(GOLDEN.read_text())), numbers(made)
    same = len(old) == len(new) and np.allclose(old, new, rtol=1e-12, atol=1e-12)
    print(f"{GOLDEN.name}: {'current' if same else 'differs'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())

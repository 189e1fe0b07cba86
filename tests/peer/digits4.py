#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""digits4 in plain PyTorch, as one would write it without a harness: one network after another, one thread.

Four arms per seed: one network on all four domains, and three ways to use four networks trained on a domain each.
Prints the mean accuracy over domains of each arm, and the seconds that it took.
"""
import argparse
import json
import struct
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

DATA = Path(__file__).resolve().parents[2] / "tasks/data/digits4"
BATCH, RATE, CLASSES = 64, 2e-3, 10
# `permute: 7` of the suite: pixel i of the fourth view is pixel PERMUTED[i] of the image. Which permutation it is
# decides what four specialists say of each other's domains, hence the score of their plain average.
PERMUTED = [5, 56, 47, 44, 59, 54, 8, 58, 16, 37, 40, 19, 0, 60, 9, 48, 1, 22, 36, 32, 13, 42, 51, 14, 57, 15, 4, 23,
            38, 30, 46, 6, 12, 33, 7, 49, 62, 29, 24, 34, 45, 10, 20, 18, 35, 53, 52, 11, 63, 31, 50, 21, 55, 26, 27,
            3, 17, 28, 61, 43, 25, 41, 39, 2]


def read_idx(path):
    raw = path.read_bytes()
    shape = struct.unpack_from(f">{raw[3]}I", raw, 4)
    return torch.frombuffer(bytearray(raw[4 + 4 * raw[3]:]), dtype=torch.uint8).view(shape)


def read_split(name, permuted):
    """The four views of each image, [4, images, 64], and the digits."""
    images = read_idx(DATA / f"{name}-images.idx").float() / 16
    flat = images.flatten(1)
    views = [flat, 1 - flat, images.rot90(1, (1, 2)).flatten(1), flat[:, permuted]]
    return torch.stack(views), read_idx(DATA / f"{name}-labels.idx").long()


def mlp(hidden, outputs):
    return nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                         nn.Linear(hidden, outputs))


def fit(model, inputs, targets, samples):
    """Trains on `samples` items, epoch after epoch, and returns the model."""
    steps = samples // BATCH
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2 * RATE, total_steps=steps, cycle_momentum=False)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        if len(order) < BATCH:
            order = torch.cat([order, torch.randperm(len(inputs))])
        batch, order = order[:BATCH], order[BATCH:]
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs[batch]), targets[batch]).backward()
        optimizer.step()
        schedule.step()
    return model


def share_correct(log_probs, digits):
    return (log_probs.argmax(-1) == digits).float().mean().item()


def one_seed(seed, train, test, share, samples):
    """Accuracy of every arm: the mean over the four test domains."""
    torch.manual_seed(seed)
    (images, digits), (test_images, test_digits) = train, test
    kept = torch.randperm(len(digits))[:round(share * len(digits))]  # whole images: all four views of one, or none
    images, digits = images[:, kept], digits[kept]
    pooled = images.flatten(0, 1)

    monolith = fit(mlp(64, CLASSES), pooled, digits.repeat(4), samples)
    specialists = [fit(mlp(64, CLASSES), view, digits, samples // 4) for view in images]
    router = fit(mlp(16, 4), pooled, torch.arange(4).repeat_interleave(len(digits)), samples // 5)

    scores = {arm: [] for arm in ("dense", "specialists oracle", "specialists router", "specialists uniform_ensemble")}
    with torch.inference_mode():
        for domain, view in enumerate(test_images):
            said = torch.stack([specialist(view).log_softmax(-1) for specialist in specialists])
            routed = said[router(view).argmax(-1), torch.arange(len(view))]
            answers = (monolith(view), said[domain], routed, said.exp().mean(0))
            for arm, answer in zip(scores, answers):
                scores[arm].append(share_correct(answer, test_digits))
    return {arm: sum(values) / len(values) for arm, values in scores.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.7, help="of the training images that are used (default 0.7)")
    parser.add_argument("--epochs", type=int, default=20, help="passes of the monolith over them (default 20)")
    parser.add_argument("--permutation", type=int, metavar="SEED",
                        help="torch.randperm of this seed as the fourth view, instead of the suite's own")
    parser.add_argument("--json", type=Path, help="writes arm -> accuracy of each seed")
    arguments = parser.parse_args()

    start = time.perf_counter()
    torch.set_num_threads(1)
    permuted = PERMUTED
    if arguments.permutation is not None:
        permuted = torch.randperm(64, generator=torch.Generator().manual_seed(arguments.permutation))
    train, test = read_split("train", permuted), read_split("test", permuted)
    samples = arguments.epochs * 4 * round(arguments.share * len(train[1]))
    runs = [one_seed(seed, train, test, arguments.share, samples) for seed in range(arguments.seeds)]
    scores = {arm: [run[arm] for run in runs] for arm in runs[0]}
    for arm, values in scores.items():
        print(f"{arm:30s} {sum(values) / len(values):.4f}")
    print(f"{arguments.seeds} seeds, {samples} samples an arm: {time.perf_counter() - start:.1f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(scores))


if __name__ == "__main__":
    main()

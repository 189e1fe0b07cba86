#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""us of a member's training step in JAX, jit(vmap(scan)) over 1, 8 and 24 MLPs 64-64-64-10 at batch 64, one thread;
compiled before it is timed."""
import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import time

import jax
import jax.numpy as jnp

STEPS, BATCH, ITEMS, RATE, DECAY = 1000, 64, 4096, 1e-3, 0.01
KEY = jax.random.PRNGKey(0)
INPUTS = jax.random.uniform(KEY, (ITEMS, 64))
TARGETS = jax.random.randint(KEY, (ITEMS,), 0, 10)


def initial(key):
    sizes = ((64, 64), (64, 64), (64, 10))
    return [(0.1 * jax.random.normal(k, size), jnp.zeros(size[1])) for k, size in zip(jax.random.split(key, 3), sizes)]


def loss(layers, inputs, targets):
    for weight, bias in layers[:-1]:
        inputs = jax.nn.relu(inputs @ weight + bias)
    logits = inputs @ layers[-1][0] + layers[-1][1]
    return -jnp.mean(jax.nn.log_softmax(logits)[jnp.arange(BATCH), targets])


def step(state, batch):
    layers, first, second, count = state
    gradient = jax.grad(loss)(layers, INPUTS[batch], TARGETS[batch])
    count += 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    scale1, scale2 = 1 - 0.9 ** count, 1 - 0.999 ** count
    layers = jax.tree.map(lambda w, m, v: w * (1 - RATE * DECAY) - RATE * (m / scale1) / (jnp.sqrt(v / scale2) + 1e-8),
                          layers, first, second)
    return (layers, first, second, count), None


def train(key):
    layers = initial(key)
    zeros = jax.tree.map(jnp.zeros_like, layers)
    order = jax.random.permutation(key, ITEMS).reshape(-1, BATCH)
    batches = jnp.tile(order, (STEPS * BATCH // ITEMS + 1, 1))[:STEPS]
    return jax.lax.scan(step, (layers, zeros, zeros, 0.0), batches)[0][0]


def main():
    for members in (1, 8, 24):
        run = jax.jit(jax.vmap(train))
        keys = jax.random.split(KEY, members)
        jax.block_until_ready(run(keys))
        begin = time.perf_counter()
        jax.block_until_ready(run(keys))
        print(f"mlp/stack:{members}/jax {(time.perf_counter() - begin) / STEPS / members * 1e6:.1f}")


if __name__ == "__main__":
    main()

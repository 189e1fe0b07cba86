#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""us of a training step in plain PyTorch, one network, one thread, with AdamW as it comes and fused.

mlp is 64-64-64-10 at batch 64; transformers are GPT-2's layout (Radford et al. 2019) with two blocks, a tied head and
heads of about 16 channels, on 8 windows of 128 bytes.
"""
import time

import torch
from torch import nn
from torch.nn import functional

STEPS = {"mlp": 600, "transformer": 30}


class Block(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.heads = max(width // 16, 1)
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.attn_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.c_fc, self.mlp_proj = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        rows, steps, width = x.shape
        q, k, v = (part.view(rows, steps, self.heads, -1).transpose(1, 2)
                   for part in self.c_attn(self.ln_1(x)).split(width, 2))
        said = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn_proj(said.transpose(1, 2).reshape(rows, steps, width))
        return x + self.mlp_proj(functional.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class Gpt(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(257, width), nn.Embedding(128, width)
        self.blocks = nn.Sequential(Block(width, hidden), Block(width, hidden))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, tokens):
        before = functional.pad(tokens[:, :-1], (1, 0), value=256)
        x = self.blocks(self.wte(before) + self.wpe.weight)
        return self.ln_f(x) @ self.wte.weight[:256].t()


def mlp():
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    inputs, targets = torch.rand(4096, 64), torch.randint(10, (4096,))
    return model, 64, 4096, lambda at: functional.cross_entropy(model(inputs[at]), targets[at])


def transformer(width, hidden):
    model, tokens = Gpt(width, hidden), torch.randint(256, (512, 128))

    def loss(at):
        batch = tokens[at]
        return functional.cross_entropy(model(batch).flatten(0, 1), batch.flatten())

    return model, 8, 512, loss


def step_us(task, steps, fused):
    model, batch, items, loss = task
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, fused=fused)
    order = torch.randperm(items)
    for step in range(-steps // 8, steps):
        if step == 0:
            begin = time.perf_counter()
        first = (step + steps) * batch % (items - batch)
        optimizer.zero_grad()
        loss(order[first:first + batch]).backward()
        optimizer.step()
    return (time.perf_counter() - begin) / steps * 1e6


def main():
    torch.set_num_threads(1)
    for fused in (False, True):
        kind = "torch_fused" if fused else "torch"
        print(f"mlp/{kind} {step_us(mlp(), STEPS['mlp'], fused):.1f}")
        for width, hidden in ((12, 88), (32, 192), (64, 256)):
            task = transformer(width, hidden)
            print(f"transformer/width:{width}/hidden:{hidden}/{kind} {step_us(task, STEPS['transformer'], fused):.1f}")


if __name__ == "__main__":
    main()

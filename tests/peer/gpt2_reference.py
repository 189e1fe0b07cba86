#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/gpt2_tiny.safetensors and its logits, for tests/engine/gpt2_test.cpp.

A randomly initialised GPT-2 of the reference implementation (Python packages torch, transformers, numpy), saved by it as
users save theirs, and what it answers on fixed ids. Initial weights are scaled up, so that attention and GELU leave
their linear range and every bias and norm counts.

usage: gpt2_reference.py [FOLDER]    (default: tests/golden)
"""
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

VOCABULARY, POSITIONS, WIDTH, DEPTH, HEADS = 261, 12, 16, 2, 4


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "golden"
    torch.manual_seed(6)
    torch.set_num_threads(1)
    config = GPT2Config(vocab_size=VOCABULARY, n_positions=POSITIONS, n_embd=WIDTH, n_layer=DEPTH, n_head=HEADS,
                        bos_token_id=VOCABULARY - 1, eos_token_id=VOCABULARY - 1)
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    ids = torch.randint(0, 256, (3, POSITIONS))
    begin = torch.full((3, 1), VOCABULARY - 1)
    with torch.no_grad():
        logits = model(torch.cat([begin, ids[:, :-1]], 1)).logits
    print("largest logit", logits.abs().max().item(), "activation", config.activation_function)
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        shutil.copy(Path(saved) / "model.safetensors", folder / "gpt2_tiny.safetensors")
    save_file({"ids": ids.to(torch.int32), "logits": logits.contiguous()}, folder / "gpt2_tiny_logits.safetensors")


if __name__ == "__main__":
    main()

"""Writes a checkpoint of the looped network as the file the package carries, and what torch makes of it, for a test.

    cd training && python3 -m loop.export ../build/loop/model-1.pt [../src/tiny/loop-weights.bin] [../test/tiny/loop-reference.json]
"""
import json
import os
import sys

import torch

from export import ROOT, write
from loop.data import ROW, block, latent, programs, rows, words
from loop.model import Loop

ABILITIES = ["steps", "halt", "state", "pauseTokens"]


@torch.no_grad()
def reference(path, net):
    """Logits behind a few prompts, for several numbers of loops; one of them goes on from the state of another."""
    rng, cases = torch.Generator().manual_seed(7), []

    def add(ids, loops, state=None):
        hidden = net.hidden(ids, loops, state)[:, -1]
        logits = [round(x, 4) for x in net.logits(hidden)[0].tolist()]
        given = None if state is None else [round(x, 5) for x in state[0].tolist()]
        cases.append(dict(tokens=ids[0].tolist(), loops=loops, state=given, logits=logits))
        return hidden

    for length, loops in [(2, 1), (4, 2), (6, 8), (10, 5)]:
        state = add(latent(*programs(rng, 1, length))[0][:, :-1], loops)
    _, operations, digits = programs(rng, 1, 3)
    add(block(operations, digits)[0], 5, state)
    add(words(*programs(rng, 1, 3))[0], 1)
    add(rows(rng, 1, ROW)[0][:, :-1], 3)
    with open(path, "w") as file:
        json.dump(cases, file)
        file.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes")


def main():
    checkpoint = torch.load(sys.argv[1], map_location="cpu")
    out = sys.argv[2] if len(sys.argv) > 2 else os.path.join(ROOT, "src/tiny/loop-weights.bin")
    check = sys.argv[3] if len(sys.argv) > 3 else os.path.join(ROOT, "test/tiny/loop-reference.json")
    net = Loop(checkpoint["config"]).eval()
    config = dict(checkpoint["config"], abilities=ABILITIES, steps=8)
    net.load_state_dict(write(out, config, checkpoint["vocab"], checkpoint["state"]))
    if check != "-":
        reference(check, net)


if __name__ == "__main__":
    main()

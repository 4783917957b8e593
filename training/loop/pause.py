"""Do pause tokens help? Rows, which suit them: six digits, then an operation that is to be done to each of them; how many results are below 5?

The operation comes last, so nothing can be looked up before it; six look-ups then have to be made at one place, or side by side at pause tokens.
Three models of the looped network's size, trained for the same number of steps with two loops: without pause tokens; with six, of which nothing is
said; with six that are taught the result of one digit each (Pfau et al. 2024, arXiv:2404.15758, found that fillers are learned only so).

    cd training && python3 -m loop.pause --seed 1
"""
import argparse
import json
import time

import torch

from loop.data import ROW, VOCAB, rows
from loop.model import CONFIG, Loop
from loop.train import in_rows, loss_of
from train import Muon

LOOPS = 2
WAYS = (("no pause tokens", 0, False), (f"{ROW} pause tokens", ROW, False), (f"{ROW} pause tokens, taught", ROW, True))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    shares, began = {}, time.process_time()
    for name, pauses, taught in WAYS:
        torch.manual_seed(args.seed)
        rng = torch.Generator().manual_seed(args.seed)
        net = Loop(dict(CONFIG, vocab=len(VOCAB)))
        inner = [p for n, p in net.named_parameters() if p.dim() == 2 and "embedding" not in n and "carry" not in n]
        outer = [p for n, p in net.named_parameters() if p.dim() == 1 or "embedding" in n]
        adam, muon = torch.optim.AdamW(outer, lr=3e-3, betas=(0.9, 0.95), weight_decay=0.0), Muon(inner)
        for step in range(args.steps):
            done = step / args.steps
            rate = min(1, (step + 1) / 50) * (1 if done < 0.5 else max(0.02, (1 - done) * 2))
            ids, targets = rows(rng, args.batch, pauses, taught)
            loss_of(net, net.hidden(ids, LOOPS), targets).backward()
            for group in adam.param_groups:
                group["lr"] = 3e-3 * rate
            adam.step()
            muon.step(0.01 * rate)
            net.zero_grad(set_to_none=True)
            if (step + 1) % 250 == 0:
                print(name, step + 1, in_rows(net, 500, pauses, [LOOPS]), f"{time.process_time() - began:.0f}s", flush=True)
        shares[name] = in_rows(net, 4000, pauses, [LOOPS])[LOOPS]
    print(json.dumps(dict(vars(args), cpu=round(time.process_time() - began), pause=shares)), flush=True)


if __name__ == "__main__":
    main()

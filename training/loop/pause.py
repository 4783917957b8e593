"""Do pause tokens help? Parallel look-ups, which suit them: six digits in a ring, then a shift; how many digits equal the one so far behind them?

The question comes last, so nothing can be looked up before it; six comparisons then have to be made at one place, or side by side at pause tokens.
Three models of the looped network's size, trained for the same number of steps with two loops: without pause tokens; with seven, of which nothing is
said; with seven of which six are taught what to look up (Pfau et al. 2024, arXiv:2404.15758, found that fillers are learned only so).

    cd training && python3 -m loop.pause --seed 1
"""
import argparse
import json
import time

import torch
import torch.nn.functional as F

from loop.data import DIGIT, ID, VOCAB
from loop.model import CONFIG, Loop
from train import Muon

RING = 6
WAYS = (("no pause tokens", 0, False), ("7 pause tokens", RING + 1, False), ("7 pause tokens, taught", RING + 1, True))


def rings(rng, batch, pauses):
    """Ids (batch, RING + 2 + pauses), how many digits match (batch), and which ones (batch, RING)."""
    digits = torch.randint(0, 4, (batch, RING), generator=rng)
    shift = torch.randint(1, RING, (batch,), generator=rng)
    other = digits.gather(1, (torch.arange(RING) + shift[:, None]) % RING)
    match = digits == other
    column = torch.full((batch, 1), ID["="])
    tail = torch.full((batch, pauses), ID["<pause>"])
    return torch.cat([digits + DIGIT, column, shift[:, None] + DIGIT, tail], 1), match.sum(1), match.long()


def pause_loss(net, rng, batch, pauses, taught):
    """The count is told at the last token; a taught pause tells before whether its digit matches."""
    ids, count, match = rings(rng, batch, pauses)
    hidden = net.hidden(ids, 2)
    loss = F.cross_entropy(net.logits(hidden[:, -1]), count + DIGIT)
    if taught and pauses > 1:
        told = hidden[:, RING + 2 : -1]
        loss = loss + F.cross_entropy(net.logits(told).flatten(0, 1), match[:, : told.shape[1]].flatten() + DIGIT)
    return loss


@torch.no_grad()
def pause_accuracy(net, count, pauses, seed=984):
    ids, right, _ = rings(torch.Generator().manual_seed(seed), count, pauses)
    told = net.logits(net.hidden(ids, 2)[:, -1])[:, DIGIT : DIGIT + 10].argmax(-1)
    return round((told == right).float().mean().item(), 4)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=800)
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
            pause_loss(net, rng, args.batch, pauses, taught).backward()
            for group in adam.param_groups:
                group["lr"] = 3e-3 * rate
            adam.step()
            muon.step(0.01 * rate)
            net.zero_grad(set_to_none=True)
            if (step + 1) % 500 == 0:
                print(name, step + 1, pause_accuracy(net, 500, pauses), f"{time.process_time() - began:.0f}s", flush=True)
        shares[name] = pause_accuracy(net, 4000, pauses)
    print(json.dumps(dict(vars(args), cpu=round(time.process_time() - began), pause=shares)), flush=True)


if __name__ == "__main__":
    main()

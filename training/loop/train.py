"""Trains the looped network for a fixed number of steps on one CPU thread, and says how accurate it is.

    cd training && python3 -m loop.train --seed 1 --out ../build/loop/model-1.pt
    cd training && python3 -m loop.train --seed 1 --untied 4 --out ../build/loop/fixed-1.pt   # the baseline
"""
import argparse
import json
import os
import random
import time

import torch
import torch.nn.functional as F

from loop.data import DIGIT, ROW, SLOTS, VOCAB, block, latent, programs, rows, words
from loop.model import CONFIG, Loop
from train import Muon

MIX = dict(latent=0.6, blocks=0.15, words=0.25)
# Training begins with so many steps of rows, all with pause tokens; then one of them comes after so many others. It ends with so many steps, at a lower rate,
# among which there are programs without any operation, and with one.
FIRST, ROWS, LAST = 500, 5, 400


def loss_of(net, hidden, targets):
    where = targets >= 0
    return F.cross_entropy(net.logits(hidden[where]), targets[where])


def step_loss(net, rng, draw, form, batch, longest, shortest=2):
    loops = draw.randint(1, 8)
    if form == "latent":
        ids, targets = latent(*programs(rng, batch, draw.randint(shortest, longest)))
        return loss_of(net, net.hidden(ids, loops), targets)
    if form == "words":
        ids, targets = words(*programs(rng, batch, draw.randint(max(1, shortest), SLOTS)))
        return loss_of(net, net.hidden(ids, 1), targets)
    lengths = [draw.randint(1, max(2, longest * 2 // 3)) for _ in range(draw.randint(2, 3))]
    if shortest == 0 and draw.random() < 0.5:
        lengths[0] = 0
    start, operations, digits = programs(rng, batch, sum(lengths))
    losses, state, at = [], None, 0
    for length in lengths:
        part = slice(at, at + length)
        if state is None:
            ids, targets = latent(start, operations[:, part], digits[:, part])
            ids, targets = ids[:, :-1], targets[:, :-1]
        else:
            ids, targets = block(operations[:, part], digits[:, part])
        hidden = net.hidden(ids, loops, state)
        losses.append(loss_of(net, hidden, targets))
        state, at = hidden[:, -1], at + length
    return sum(losses) / len(losses)


def row_loss(net, rng, draw, batch):
    ids, targets = rows(rng, batch, ROW)
    hidden = net.hidden(ids, draw.randint(1, 8))
    # The answer is one token of eight, and what is hard.
    return loss_of(net, hidden, targets) + loss_of(net, hidden[:, -2], targets[:, -2])


@torch.no_grad()
def accuracy(net, count, lengths, loops, seed=987):
    """Share of right answers by operations and loops: {length: {loops: share}}."""
    out = {}
    for length in lengths:
        start, operations, digits = programs(torch.Generator().manual_seed(seed + length), count, length)
        ids, _ = latent(start, operations, digits)
        seen = net.hidden(ids[:, :-1], max(loops), every=True)
        answer = digits[:, -1] if length else start
        right = lambda hidden: (net.logits(hidden[:, -1])[:, DIGIT : DIGIT + 10].argmax(-1) == answer).float().mean().item()
        out[length] = {r: round(right(seen[r - 1]), 4) for r in loops}
    return out


@torch.no_grad()
def in_blocks(net, count, blocks, length, loops, seed=986):
    """Share of right answers where a program of `blocks` * `length` operations is read block by block."""
    start, operations, digits = programs(torch.Generator().manual_seed(seed), count, blocks * length)
    state = None
    for i in range(blocks):
        part = slice(i * length, (i + 1) * length)
        ids = latent(start, operations[:, part], digits[:, part])[0][:, :-1] if state is None else block(operations[:, part], digits[:, part])[0]
        state = net.hidden(ids, loops, state)[:, -1]
    return round((net.logits(state)[:, DIGIT : DIGIT + 10].argmax(-1) == digits[:, -1]).float().mean().item(), 4)


@torch.no_grad()
def in_words(net, count, length, loops, seed=985):
    """Share of right answers where every token is written greedily."""
    start, operations, digits = programs(torch.Generator().manual_seed(seed), count, length)
    full, _ = words(start, operations, digits)
    ids = full[:, : 2 * SLOTS + 2]
    for _ in range(2 * length + 2):
        ids = torch.cat([ids, net.logits(net.hidden(ids, loops)[:, -1:]).argmax(-1)], 1)
    return round((ids[:, -1] - DIGIT == digits[:, -1]).float().mean().item(), 4)


@torch.no_grad()
def in_rows(net, count, pauses, loops, seed=984):
    """Share of right answers about rows, by loops."""
    ids, targets = rows(torch.Generator().manual_seed(seed), count, pauses)
    seen = net.hidden(ids[:, :-1], max(loops), every=True)
    told = [net.logits(seen[r - 1][:, -1])[:, DIGIT : DIGIT + 10].argmax(-1) + DIGIT for r in loops]
    return {r: round((each == targets[:, -2]).float().mean().item(), 4) for r, each in zip(loops, told)}


def report(net, count):
    loops = [net.untied] if net.untied else [1, 2, 3, 4, 6, 8, 12, 16]
    return dict(
        rows=in_rows(net, count, ROW, loops),
        latent=accuracy(net, count, [0, 1, 2, 3, 4, 5, 6, 7, 8], loops),
        blocks={f"{b}x{n}": in_blocks(net, count, b, n, 8) for b, n in [(4, 1), (1, 4), (2, 4), (4, 4), (8, 4), (16, 4)]},
        words={n: {r: in_words(net, count // 4, n, r) for r in loops[:1]} for n in [2, 4, 6, 8]},
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--longest", type=int, default=6, help="operations")
    parser.add_argument("--untied", type=int, default=0, help="so many blocks of their own instead of a loop")
    parser.add_argument("--muon", type=float, default=0.01, help="learning rate of the matrices")
    parser.add_argument("--adam", type=float, default=3e-3, help="learning rate of embedding and norms")
    parser.add_argument("--flat", type=float, default=0.55, help="share of the steps before the rates decay")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="../build/loop/model.pt")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    os.makedirs(os.path.dirname(args.out) or ".", exist_ok=True)
    source = lambda seed: (torch.Generator().manual_seed(seed), random.Random(seed))
    optimizers = lambda: (torch.optim.AdamW(outer, lr=args.adam, betas=(0.9, 0.95), weight_decay=0.0), Muon(inner))
    net = Loop(dict(CONFIG, vocab=len(VOCAB)), args.untied)
    inner = [p for name, p in net.named_parameters() if p.dim() == 2 and "embedding" not in name]
    outer = [p for name, p in net.named_parameters() if not (p.dim() == 2 and "embedding" not in name)]
    print("parameters", sum(p.numel() for p in net.parameters()), "vocabulary", len(VOCAB), vars(args), flush=True)

    adam, muon = optimizers()
    began, means = time.time(), {}

    def update(form, loss, rate):
        loss.backward()
        torch.nn.utils.clip_grad_norm_(outer, 1.0)
        for p in inner:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        for group in adam.param_groups:
            group["lr"] = args.adam * rate
        adam.step()
        muon.step(args.muon * rate)
        net.zero_grad(set_to_none=True)
        means[form] = 0.98 * means.get(form, loss.item()) + 0.02 * loss.item()

    def train(steps, programs_from, rows_from, rate_of, longest_of, shortest):
        rng, draw = programs_from
        for step in range(steps):
            done = step / steps
            rate = min(1, (step + 1) / 50) * rate_of(done)
            form = draw.choices(list(MIX), list(MIX.values()))[0]
            update(form, step_loss(net, rng, draw, form, args.batch, longest_of(done), shortest), rate)
            if step % ROWS == 0:
                update("rows", row_loss(net, *rows_from, args.batch), rate)
            if (step + 1) % 500 == 0:
                losses = " ".join(f"{form} {mean:.3f}" for form, mean in sorted(means.items()))
                print(f"{step + 1} {time.time() - began:.0f}s {losses}", flush=True)
            if (step + 1) % 1000 == 0:
                print(json.dumps(report(net, 200)), flush=True)

    of_rows = source(args.seed + 1000)
    for step in range(FIRST):
        update("rows", row_loss(net, *of_rows, args.batch), min(1, (step + 1) / 50))
    print(f"rows {means['rows']:.3f}", flush=True)
    # From short to long.
    train(
        args.steps,
        source(args.seed),
        of_rows,
        rate_of=lambda done: 1 if done < args.flat else max(0.02, (1 - done) / (1 - args.flat)),
        longest_of=lambda done: min(args.longest, 2 + int(done / 0.06)),
        shortest=2,
    )
    adam, muon = optimizers()
    end = source(args.seed + 2000), source(args.seed + 3000)
    train(LAST, *end, rate_of=lambda done: 0.15 * (1 - done), longest_of=lambda done: args.longest, shortest=0)
    took = dict(seconds=round(time.time() - began), cpu=round(time.process_time()))
    result = dict(vars(args), parameters=sum(p.numel() for p in net.parameters()), **took, **report(net, 2000))
    torch.save(dict(config=net.config, untied=args.untied, state=net.state_dict(), vocab=VOCAB, result=result), args.out)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()

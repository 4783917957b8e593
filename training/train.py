"""Trains the embedded model on one CPU thread, for a number of seconds or, so that it can be repeated, of steps. `--init` goes on from a checkpoint."""
import argparse
import os
import random
import time

import torch
import torch.nn.functional as F

from data import MIX, VOCAB, stream
from model import CONFIG, Network


def has_bfloat16():
    """Can the processor calculate in bfloat16? Where it cannot, torch imitates it, ten times slower than float32."""
    try:
        with open("/proc/cpuinfo") as file:
            return "avx512_bf16" in file.read()
    except OSError:
        return False


BFLOAT16 = has_bfloat16()


@torch.no_grad()
def orthogonal(g):
    """Newton-Schulz steps of Muon (Jordan et al. 2024): the nearest matrix with singular values near 1."""
    x = g / (g.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x.T if tall else x


class Muon:
    """Momentum, then an orthogonal update, for the matrices between embedding and output."""

    def __init__(self, params):
        self.params = params
        self.momentum = [torch.zeros_like(p) for p in params]

    @torch.no_grad()
    def step(self, lr):
        for p, m in zip(self.params, self.momentum):
            m.lerp_(p.grad, 0.05)
            g = p.grad.lerp(m, 0.95)
            third = p.shape[0] == 3 * p.shape[1]  # query, key and value are three matrices
            u = torch.cat([orthogonal(x) for x in g.chunk(3)]) if third else orthogonal(g)
            p.mul_(1 - lr * 0.01).add_(u, alpha=-lr * max(1, p.shape[0] / p.shape[1]) ** 0.5)


def batches(source, seed, tokens):
    """Batches of about `tokens` tokens, of sequences of like length, from an endless source of (ids, loss weights)."""
    rng = random.Random(seed)
    while True:
        pool = sorted((next(source) for _ in range(2048)), key=lambda s: len(s[0]))
        groups, group = [], []
        for sequence in pool:
            if group and (len(group) + 1) * len(sequence[0]) > tokens:
                groups.append(group)
                group = []
            group.append(sequence)
        groups.append(group)
        rng.shuffle(groups)
        for group in groups:
            length = max(len(ids) for ids, _ in group)
            ids = torch.tensor([s + [0] * (length - len(s)) for s, _ in group])
            weight = torch.tensor([w + [0] * (length - len(w)) for _, w in group], dtype=torch.float)
            yield ids, weight


class Learner:
    """Takes steps: Muon for the matrices between embedding and output, Adam for the others."""

    def __init__(self, net, adam, muon, tokens):
        self.net, self.rates, self.tokens = net, (adam, muon), tokens
        inner = {name for name, p in net.named_parameters() if p.dim() == 2 and "embedding" not in name}
        self.outer = [p for name, p in net.named_parameters() if name not in inner]
        self.adam = torch.optim.AdamW(self.outer, lr=adam, betas=(0.9, 0.95), weight_decay=0.0)
        self.muon = Muon([p for name, p in net.named_parameters() if name in inner])

    def step(self, ids, weight, rate):
        """One step at a share of the learning rates; gives the mean loss."""
        target, w = ids[:, 1:], weight[:, 1:]
        where = w > 0
        with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
            logits = self.net.logits(self.net.hidden(ids[:, :-1])[where])
        nll = F.cross_entropy(logits.float(), target[where], reduction="none")
        # A constant divisor: batches hold sequences of like length, so a mean would give short ones more weight.
        ((nll * w[where]).sum() / (self.tokens * 0.45)).backward()
        torch.nn.utils.clip_grad_norm_(self.outer, 1.0)
        adam, muon = self.rates
        for group in self.adam.param_groups:
            group["lr"] = adam * rate
        self.adam.step()
        self.muon.step(muon * rate)
        self.net.zero_grad(set_to_none=True)
        return nll.mean().item()


def rate_at(step, done, flat, warm=50):
    """Up in `warm` steps, then flat, then down to a hundredth."""
    return min(1, (step + 1) / warm) * (1 if done < flat else max(0.01, (1 - done) / (1 - flat)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=3000)
    parser.add_argument("--steps", type=int, help="batches to train on; the clock then counts for nothing")
    parser.add_argument("--tokens", type=int, default=5000, help="tokens per batch")
    parser.add_argument("--muon", type=float, default=0.02, help="learning rate of the matrices")
    parser.add_argument("--adam", type=float, default=3e-3, help="learning rate of embedding and norms")
    parser.add_argument("--flat", type=float, default=0.4, help="share of the time before the rates decay")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="build/model.pt")
    parser.add_argument("--mix", type=float, nargs=4, default=MIX, help="shares of direct, cot, tool and check")
    parser.add_argument("--slips", type=float, default=1.0, help="how often steps of [cot] are written wrong, as a factor")
    parser.add_argument("--init", help="checkpoint to go on from")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    os.makedirs(os.path.dirname(args.out) or ".", exist_ok=True)

    net = Network(dict(CONFIG, vocab=len(VOCAB)))
    if args.init:
        net.load_state_dict(torch.load(args.init)["state"])
    learner = Learner(net, args.adam, args.muon, args.tokens)
    print("parameters", sum(p.numel() for p in net.parameters()), "vocabulary", len(VOCAB), vars(args), flush=True)

    def save():
        torch.save(dict(config=net.config, state=net.state_dict(), vocab=VOCAB), args.out + ".new")
        os.replace(args.out + ".new", args.out)

    began = saved = time.time()
    step, seen, examples, mean = 0, 0, 0, None
    for ids, weight in batches(stream(args.seed, args.mix, args.slips), args.seed, args.tokens):
        done = step / args.steps if args.steps else (time.time() - began) / args.seconds
        if done >= 1:
            break
        rate = rate_at(step, done, args.flat)
        loss = learner.step(ids, weight, rate)
        step, seen, examples = step + 1, seen + ids.numel(), examples + len(ids)
        mean = loss if mean is None else 0.98 * mean + 0.02 * loss
        if step % 50 == 0:
            took = time.time() - began
            print(f"{step} {took:.0f}s loss {mean:.4f} rate {rate:.3f} tokens {seen / 1e6:.2f}M ({seen / took:.0f}/s) examples {examples}", flush=True)
        if time.time() - saved > 120:
            save()
            saved = time.time()
    save()
    print(f"done: {step} steps, {seen / 1e6:.1f}M tokens, {examples} examples, loss {mean:.4f}, {time.process_time():.0f} CPU seconds", flush=True)


if __name__ == "__main__":
    main()

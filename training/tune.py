"""Goes on training the embedded model on examples: JSON lines in, weights for `tiny({ weights })` out.

    python3 training/tune.py examples.jsonl build/tuned.bin --from build/star/base.bin --steps 60 --seed 1

A line is a chat, `{"messages": [..., {"role": "user", ...}, {"role": "assistant", ...}]}`; its last message is learned. The problem is what the user
says up to the last question mark. A number `weight` beside `messages` says how much the line counts. Lines the network has no tokens for are left out, and counted.
The same lines, steps and seed give the same weights on the same machine.
"""
import argparse
import json
import os
import random
import re

import torch

from data import ID, VOCAB
from export import ROOT, read, write
from model import Network
from train import Learner, batches, rate_at

# What src/tiny/tokenizer.ts cuts a text into.
PIECES = re.compile(r"</?calc>|Answer:|\d+(?:[.,]\d+)*|[^\W\d]+(?:['’-][^\W\d]+)*|\n|[-+*/=.?]")


def tokens(text):
    """The tokens of a text, `<unk>` for words the network does not know."""
    return [ID.get(piece, ID["<unk>"]) for piece in PIECES.findall(text)]


def sequence(line, positions):
    """One line as (ids, loss weights), in the format that `src/tiny/chat-template.ts` asks in; None where the network cannot learn it."""
    *asked, answer = line["messages"]
    user = [message["content"] for message in asked if message["role"] == "user"]
    if answer["role"] != "assistant" or not user:
        return None
    question = re.sub(r"\s+", " ", user[-1][: user[-1].rfind("?") + 1 or None])
    mark = "[cot]" if "=" in answer["content"] else "[direct]"
    head = tokens(question) + [ID["\n"], ID[mark], ID["\n"]]
    said = tokens(answer["content"].strip()) + [ID["<eos>"]]
    if ID["<unk>"] in said or len(head) + len(said) > positions:
        return None
    return head + said, [0] * len(head) + [float(line.get("weight", 1))] * len(said)


def endless(sequences, seed):
    """All of them, again and again, in ever new order."""
    rng = random.Random(seed)
    while True:
        yield from rng.sample(sequences, len(sequences))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("examples")
    parser.add_argument("out")
    parser.add_argument("--from", dest="base", default=os.path.join(ROOT, "src/tiny/weights.bin"), help="weights to go on from")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--tokens", type=int, default=2500, help="tokens per batch")
    parser.add_argument("--muon", type=float, default=0.004, help="learning rate of the matrices")
    parser.add_argument("--adam", type=float, default=6e-4, help="learning rate of embedding and norms")
    parser.add_argument("--flat", type=float, default=0.2, help="share of the steps before the rates decay")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)

    base = read(args.base)
    assert base["vocab"] == VOCAB, f"{args.base} was made for another vocabulary"
    net = Network(base["config"])
    net.load_state_dict(base["state"])
    with open(args.examples, encoding="utf-8") as file:
        read_lines = [sequence(json.loads(line), base["config"]["positions"]) for line in file if line.strip()]
    sequences = [found for found in read_lines if found]
    assert sequences, f"{args.examples} has no line that can be learned"

    learner, losses = Learner(net, args.adam, args.muon, args.tokens), []
    source = batches(endless(sequences, args.seed), args.seed, args.tokens)
    for step in range(args.steps):
        losses.append(learner.step(*next(source), rate_at(step, step / args.steps, args.flat, 10)))
    first, last = (sum(part) / len(part) for part in (losses[:10], losses[-10:]))
    left_out = len(read_lines) - len(sequences)
    print(f"{len(sequences)} examples ({left_out} left out), {args.steps} steps, loss {first:.3f} to {last:.3f}", flush=True)
    os.makedirs(os.path.dirname(args.out) or ".", exist_ok=True)
    write(args.out, base["config"], base["vocab"], net.state_dict())


if __name__ == "__main__":
    main()

"""The looped network: one block of weights, gone through as often as is asked for, with the input put in again every time
(Universal Transformer, arXiv:1807.03819; Geiping et al. 2025, arXiv:2502.05171). `src/tiny/loop-network.ts` is the same.

The blocks are those of `training/model.py`, two in the loop and none around it, so that nothing can be done but in the loop. With `untied`, every loop
has weights of its own and there is a fixed number of them: the baseline of equal compute.
"""
import torch
from torch import nn
import torch.nn.functional as F

from model import Block, RMSNorm, initialise, rotary

CONFIG = dict(vocab=0, width=96, heads=3, hidden=256, core=2, loops=16, positions=96)


class Loop(nn.Module):
    def __init__(self, config, untied=0):
        super().__init__()
        self.config, self.untied = config, untied
        width, heads = config["width"], config["heads"]
        self.embedding = nn.Embedding(config["vocab"], width)
        self.blocks = nn.ModuleList(Block(width, heads, config["hidden"]) for _ in range(config["core"] * (untied or 1)))
        self.input_norm = RMSNorm(width)
        self.norm = RMSNorm(width)
        self.carry = nn.Linear(width, width, bias=False)
        rotary(self)
        initialise(self)

    def hidden(self, ids, loops, state=None, every=False):
        """Final hidden states behind `loops` loops; behind each of them with `every`. `state` (batch, width) takes the place of the first token's embedding."""
        length = ids.shape[1]
        mask = torch.full((length, length), -1e4).triu(1)
        place = self.cos[:length], self.sin[:length], mask
        e = self.input_norm(self.embedding(ids))
        if state is not None:
            e = torch.cat([self.input_norm(self.carry(state))[:, None], e[:, 1:]], 1)
        h, seen = torch.zeros_like(e), []
        for i in range(self.untied or loops):
            h = h + e
            first = i * self.config["core"] if self.untied else 0
            for block in self.blocks[first : first + self.config["core"]]:
                h = block(h, *place)
            h = self.norm(h)
            seen.append(h)
        return seen if every else h

    def logits(self, hidden):
        return F.linear(hidden, self.embedding.weight)

"""The network: a decoder-only transformer with RMSNorm, rotary positions, squared ReLU, tied embeddings and no biases."""
import math

import torch
from torch import nn
import torch.nn.functional as F

CONFIG = dict(vocab=0, width=128, layers=4, heads=4, hidden=512, positions=256)


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotate(x, cos, sin):
    """Rotary positions (Su et al. 2021, arXiv:2104.09864): channel i is paired with channel i + half."""
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1 = RMSNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.norm2 = RMSNorm(width)
        self.up = nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x, cos, sin, mask, cache=None):
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        weights = ((q @ k.transpose(-1, -2)) * (width // self.heads) ** -0.5 + mask).softmax(-1)
        x = x + self.out((weights @ v).transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.relu(self.up(self.norm2(x))).square())


def rotary(net):
    """Gives a network the turns of its positions."""
    half = net.config["width"] // net.config["heads"] // 2
    angle = torch.arange(net.config["positions"]).float()[:, None] * 10000.0 ** (-torch.arange(half).float() / half)
    net.register_buffer("cos", angle.cos(), False)
    net.register_buffer("sin", angle.sin(), False)


def initialise(net):
    """Draws the weights a training begins with; blocks add nothing at first."""
    nn.init.normal_(net.embedding.weight, std=0.02)
    for name, p in net.named_parameters():
        if name.endswith(("out.weight", "down.weight")):
            nn.init.zeros_(p)
        elif p.dim() == 2 and "embedding" not in name:
            nn.init.normal_(p, std=1 / math.sqrt(p.shape[1]))


class Network(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        width, heads = config["width"], config["heads"]
        self.embedding = nn.Embedding(config["vocab"], width)
        self.blocks = nn.ModuleList(Block(width, heads, config["hidden"]) for _ in range(config["layers"]))
        self.norm = RMSNorm(width)
        rotary(self)
        initialise(self)

    def hidden(self, ids, caches=None, position=0, mask=None):
        """Final hidden states; with `caches` (one list per layer) `ids` continue what the caches hold."""
        length = ids.shape[1]
        if mask is None:
            mask = torch.full((length, length), -1e4).triu(1) if length > 1 else torch.zeros(1, 1)
        cos, sin = self.cos[position : position + length], self.sin[position : position + length]
        x = self.embedding(ids)
        for i, block in enumerate(self.blocks):
            x = block(x, cos, sin, mask, None if caches is None else caches[i])
        return self.norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.embedding.weight)

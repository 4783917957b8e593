"""Averages two checkpoints, weight by weight (Wortsman et al. 2022, arXiv:2203.05482).

    python3 training/average.py build/third.pt build/fourth.pt 0.2 build/model.pt

`0.2` is the share of the first.
"""
import sys

import torch

first, second, share, out = torch.load(sys.argv[1]), torch.load(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
first["state"] = {name: share * weights + (1 - share) * second["state"][name] for name, weights in first["state"].items()}
torch.save(first, out)
print(f"{out}: {share} of {sys.argv[1]}, {1 - share} of {sys.argv[2]}")

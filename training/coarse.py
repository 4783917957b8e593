"""Rounds weights to fewer bits: a weaker checkpoint, from which a model can learn again. The same everywhere, for nothing is trained.

    python3 training/coarse.py 4 build/star/base.bin [src/tiny/weights.bin]

With 4 bits a row has 15 levels from minus to plus its largest weight, where the package has 255.
"""
import os
import sys

from export import ROOT, read, write


def rounded(matrix, bits):
    """The nearest matrix with `2 ** bits - 1` levels a row."""
    scale = matrix.abs().amax(1, keepdim=True).clamp(min=1e-12) / (2 ** (bits - 1) - 1)
    return (matrix / scale).round() * scale


if __name__ == "__main__":
    bits, out = int(sys.argv[1]), sys.argv[2]
    source = read(sys.argv[3] if len(sys.argv) > 3 else os.path.join(ROOT, "src/tiny/weights.bin"))
    state = {name: rounded(tensor, bits) if tensor.dim() == 2 else tensor for name, tensor in source["state"].items()}
    os.makedirs(os.path.dirname(out) or ".", exist_ok=True)
    write(out, source["config"], source["vocab"], state)

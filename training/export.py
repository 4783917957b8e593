"""Writes a checkpoint as the file the package carries: int8 weights with one scale per row, and what torch makes of them, for a test.

    python3 training/export.py build/model.pt [src/tiny/weights.bin] [test/tiny/reference.json]

The file: the bytes `MULL`, the format's number, the length of a JSON header, the header (`config`, `vocab`, `tensors`), then the tensors at the
offsets the header names, counted from its end. A matrix is f32 scales, one per row, then its int8 weights; a vector is f32. All little-endian.
"""
import json
import os
import random
import struct
import sys

import torch

from data import GRADES, ID, draw, example
from model import Network

FORMAT = 1
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def quantised(matrix):
    """int8 weights and the scale of each row, and the matrix they stand for."""
    scale = matrix.abs().amax(1, keepdim=True).clamp(min=1e-12) / 127
    weights = (matrix / scale).round().clamp(-127, 127)
    return weights.to(torch.int8), scale[:, 0], weights * scale


def write(path, config, vocab, state):
    """Writes the file, and gives back the state it stands for."""
    body, tensors, meant = b"", [], {}
    for name, tensor in state.items():
        tensors.append(dict(name=name, shape=list(tensor.shape), offset=len(body)))
        if tensor.dim() == 2:
            weights, scale, meant[name] = quantised(tensor.float())
            body += scale.numpy().astype("<f4").tobytes() + weights.numpy().tobytes()
        else:
            meant[name] = tensor.float()
            body += meant[name].numpy().astype("<f4").tobytes()
        body += b"\0" * (-len(body) % 4)
    header = json.dumps(dict(config=config, vocab=vocab, tensors=tensors), separators=(",", ":"), ensure_ascii=True).encode()
    header += b" " * (-len(header) % 4)
    with open(path, "wb") as file:
        file.write(b"MULL" + struct.pack("<II", FORMAT, len(header)) + header + body)
    print(f"{path}: {os.path.getsize(path)} bytes")
    return meant


def read(path):
    """What such a file holds, as a checkpoint: configuration, vocabulary, and the weights it stands for."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    form, size = struct.unpack("<II", data[4:12])
    assert data[:4] == b"MULL" and form == FORMAT, f"{path} holds no weights of format {FORMAT}"
    header, state = json.loads(data[12 : 12 + size]), {}
    for tensor in header["tensors"]:
        at, (rows, *cols) = 12 + size + tensor["offset"], tensor["shape"]
        floats = torch.frombuffer(data, dtype=torch.float32, count=rows, offset=at).clone()
        if cols:
            whole = torch.frombuffer(data, dtype=torch.int8, count=rows * cols[0], offset=at + 4 * rows)
            floats = floats[:, None] * whole.view(rows, -1).float()
        state[tensor["name"]] = floats
    return dict(config=header["config"], vocab=header["vocab"], state=state)


@torch.no_grad()
def reference(path, net):
    """Logits after a few sequences, one of each length and format."""
    rng, cases = random.Random(7), []
    for grade, mode in zip(GRADES, ("cot", "tool", "check")):
        tokens = [token for token, _ in example(rng, *draw(rng, grade), mode)]
        ids = [ID[token] for token in tokens[: len(tokens) * 2 // 3]]
        logits = net.logits(net.hidden(torch.tensor([ids])))[0, -1]
        cases.append(dict(tokens=ids, logits=[round(x, 4) for x in logits.tolist()]))
    with open(path, "w") as file:
        json.dump(cases, file, indent=None)
        file.write("\n")
    print(f"{path}: {os.path.getsize(path)} bytes, lengths {[len(c['tokens']) for c in cases]}")


def main():
    checkpoint = torch.load(sys.argv[1], map_location="cpu")
    out = sys.argv[2] if len(sys.argv) > 2 else os.path.join(ROOT, "src/tiny/weights.bin")
    check = sys.argv[3] if len(sys.argv) > 3 else os.path.join(ROOT, "test/tiny/reference.json")
    net = Network(checkpoint["config"]).eval()
    net.load_state_dict(write(out, checkpoint["config"], checkpoint["vocab"], checkpoint["state"]))
    reference(check, net)


if __name__ == "__main__":
    main()

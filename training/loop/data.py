"""Operations on digits, modulo 10. `src/tiny/loop-problems.ts` draws from the same distributions.

State tracking, a start digit and then operations, in three forms, as batches of (token ids, targets); a target of -1 is not learned:
- latent: `7 +3 *9 -4`; at every operation the digit so far is to be told, and behind the answer <eos>
- blocks: the same in several blocks; every block but the first begins with <state>
- words: `7 +3 <pad> *9 <pad> -4 <pad> … <think> +3 0 *9 0 -4 6 = 6 <eos>`; everything behind <think> is learned. The program is filled up to
  SLOTS operations, each with an empty place behind it, so that what is copied always stands equally far back

And look-ups side by side:
- rows: `4 0 7 1 1 9 *7 2`; the operation is done to each digit, and how many results are below 5 is to be told. With pause tokens
  `4 0 7 1 1 9 *7 <pause> <pause> <pause> <pause> <pause> <pause> = 2`; each of them is taught the result of its digit
"""
import torch

SPECIALS = "<pad> <eos> <state> <think> = <pause>".split()
OPERATIONS = [f"+{k}" for k in range(1, 10)] + [f"-{k}" for k in range(1, 10)] + ["*3", "*7", "*9"]
SLOTS = 8
ROW = 6
VOCAB = SPECIALS + [str(d) for d in range(10)] + OPERATIONS
ID = {word: i for i, word in enumerate(VOCAB)}
DIGIT, OPERATION = ID["0"], ID["+1"]
FACTOR = torch.tensor([1] * 18 + [3, 7, 9])
ADDEND = torch.tensor([k for k in range(1, 10)] + [-k for k in range(1, 10)] + [0] * 3)


def programs(rng, batch, length):
    """Start digits (batch), operations (batch, length), and the digit behind each operation (batch, length)."""
    start = torch.randint(0, 10, (batch,), generator=rng)
    operations = torch.randint(0, len(OPERATIONS), (batch, length), generator=rng)
    digits, x = [], start
    for i in range(length):
        x = (x * FACTOR[operations[:, i]] + ADDEND[operations[:, i]]) % 10
        digits.append(x)
    return start, operations, torch.stack(digits, 1) if digits else operations


def latent(start, operations, digits):
    """With the answer behind it."""
    told = torch.cat([start[:, None], digits], 1) + DIGIT
    end = torch.full_like(start, ID["<eos>"])[:, None]
    return torch.cat([told[:, :1], operations + OPERATION, told[:, -1:]], 1), torch.cat([told, end], 1)


def block(operations, digits):
    """A block that goes on from a state; what the state itself says is not learned."""
    first = torch.full_like(digits[:, :1], ID["<state>"])
    return torch.cat([first, operations + OPERATION], 1), torch.cat([torch.full_like(first, -1), digits + DIGIT], 1)


def words(start, operations, digits):
    count, length = operations.shape
    column = lambda word, times=1: torch.full((count, times), ID[word])
    pairs = lambda a, b: torch.stack([a, b], 2).flatten(1)
    program = pairs(operations + OPERATION, column("<pad>", length))
    given = torch.cat([start[:, None] + DIGIT, program, column("<pad>", 2 * (SLOTS - length)), column("<think>")], 1)
    written = torch.cat([pairs(operations + OPERATION, digits + DIGIT), column("="), digits[:, -1:] + DIGIT, column("<eos>")], 1)
    ids = torch.cat([given, written], 1)
    targets = ids[:, 1:].clone()
    targets[:, : given.shape[1] - 1] = -1
    return ids[:, :-1], targets


def rows(rng, batch, pauses, taught=True):
    """Rows with so many pause tokens: none, or ROW."""
    digits = torch.randint(0, 10, (batch, ROW), generator=rng)
    operation = torch.randint(0, len(OPERATIONS), (batch, 1), generator=rng)
    results = (digits * FACTOR[operation] + ADDEND[operation]) % 10
    count = (results < 5).sum(1, keepdim=True) + DIGIT
    column = lambda word, times=1: torch.full((batch, times), ID[word])
    given = torch.cat([digits + DIGIT, operation + OPERATION] + ([column("<pause>", pauses), column("=")] if pauses else []), 1)
    targets = torch.full_like(given, -1)
    if taught:
        targets[:, ROW + 1 : ROW + 1 + pauses] = results[:, :pauses] + DIGIT
    targets[:, -1:] = count
    return torch.cat([given, count], 1), torch.cat([targets, column("<eos>")], 1)

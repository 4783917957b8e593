"""Problems, their written forms, and the vocabulary the embedded model is trained on.

A problem is a start value and a list of (operation, operand) steps about one person and one kind of thing.
`src/tiny/problems.ts` draws from the same distribution; both sides agree on which problems are held out.
"""
import random

NAMES = "Tom Ann Ben Mia Sam Eve Max Zoe".split()
ITEMS = "apples books coins cards shells pens stamps eggs".split()
WORDS = "has buys more gives loses sells Now times as many keeps one of equal piles How does have".split()
SPECIALS = "<pad> <eos> <unk> \n [direct] [cot] [tool] [check] <calc> </calc> Answer: ok fix + - * / =".split(" ")
VOCAB = SPECIALS + [str(i) for i in range(300)] + [".", "?"] + WORDS + NAMES + ITEMS
ID = {word: i for i, word in enumerate(VOCAB)}
LARGEST = 299

# grade: (steps, start value, added or taken, factor, divisor, largest value)
GRADES = {
    "easy": ((2, 3), (3, 20), (2, 12), (2, 3), (2, 4), 60),
    "medium": ((4, 5), (5, 50), (2, 25), (2, 4), (2, 6), 150),
    "hard": ((6, 8), (10, 90), (3, 45), (2, 6), (2, 9), 299),
}


def fnv1a(text):
    """32-bit FNV-1a hash of an ASCII string."""
    h = 0x811C9DC5
    for byte in text.encode():
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def apply(op, a, b):
    return a + b if op == "+" else a - b if op == "-" else a * b if op == "*" else a // b


def chain_key(start, steps):
    """`12+5*3`: what decides whether a problem is held out, whatever its words are."""
    return str(start) + "".join(op + str(b) for op, b in steps)


def held_out(start, steps):
    """One problem in twenty is never trained on."""
    return fnv1a(chain_key(start, steps)) % 20 == 0


def draw(rng, grade):
    """One problem of a grade: (start, steps). Operands and start are distinct, every value is 2..largest."""
    (lo, hi), first, addend, factor, divisor, largest = GRADES[grade]
    while True:
        want = rng.randint(lo, hi)
        start = rng.randint(*first)
        x, used, steps = start, {start}, []
        for _ in range(60):
            if len(steps) == want:
                return start, steps
            r = rng.random()
            op = "+" if r < 0.35 else "-" if r < 0.67 else "*" if r < 0.85 else "/"
            b = rng.randint(*(addend if op in "+-" else factor if op == "*" else divisor))
            if b in used or (op == "/" and x % b):
                continue
            y = apply(op, x, b)
            if not 2 <= y <= largest:
                continue
            steps.append((op, b))
            used.add(b)
            x = y


def lines(start, steps):
    """The true chain: [(a, op, b, c), ...]."""
    out, x = [], start
    for op, b in steps:
        y = apply(op, x, b)
        out.append((x, op, b, y))
        x = y
    return out


def question(rng, start, steps):
    """The problem in words, as tokens. Names and things are sometimes <unk>, so that unknown ones can be read."""
    who, friend = rng.sample(NAMES, 2)
    what = rng.choice(ITEMS)
    who, friend, what = ("<unk>" if rng.random() < 0.07 else w for w in (who, friend, what))
    out = [who, "has", str(start), what, "."]
    for op, b in steps:
        n = str(b)
        if op == "+":
            out += rng.choice([[who, "buys", n, "more", "."], [friend, "gives", who, n, "more", "."]])
        elif op == "-":
            out += rng.choice([[who, "loses", n, "."], [who, "sells", n, "."]])
        elif op == "*":
            out += ["Now", who, "has", n, "times", "as", "many", "."]
        else:
            out += [who, "keeps", "one", "of", n, "equal", "piles", "."]
    return out + ["How", "many", what, "does", who, "have", "?"]


NEAR = [-100, -20, -10, -10, -10, -9, -3, -2, -2, -1, -1, -1, 1, 1, 1, 2, 2, 3, 9, 10, 10, 10, 20, 100]


def slip_chance(a, op, b, c):
    """How likely a step of a training chain is to be written wrong: hard-looking steps slip more."""
    p = 0.010 if c <= 20 else 0.022 if c <= 50 else 0.045 if c <= 100 else 0.095
    return min(0.14, p + 0.035) if op == "*" and a >= 10 and c > 40 else p


def slipped(rng, c):
    """A wrong result near the right one."""
    while True:
        d = c + rng.choice(NEAR)
        if 2 <= d <= LARGEST:
            return d


def with_slips(rng, start, steps, wrong):
    """A chain that carries its slips on, as a real one does; `wrong(i, line)` says where it slips. None if it leaves 1..299."""
    out, x = [], start
    for i, (op, b) in enumerate(steps):
        y = apply(op, x, b)
        if not 1 <= y <= LARGEST:
            return None
        if wrong(i, (x, op, b, y)):
            y = slipped(rng, y)
        out.append((x, op, b, y))
        x = y
    return out


def noisy_chain(rng, start, steps, slips=1.0):
    """A chain with random slips, `slips` times as likely as `slip_chance` says, for [cot] training."""
    while True:
        out = with_slips(rng, start, steps, lambda i, line: rng.random() < slips * slip_chance(*line))
        if out:
            return out


def draft_chain(rng, start, steps):
    """A chain for [check] training: two in five are right, the others have one to three slips."""
    if rng.random() < 0.4:
        return lines(start, steps)
    while True:
        true = lines(start, steps)
        count = min(len(true), rng.choices([1, 2, 3], [0.7, 0.22, 0.08])[0])
        weights = [0.01 + slip_chance(*line) for line in true]
        where = set(rng.choices(range(len(true)), weights, k=count))
        out = with_slips(rng, start, steps, lambda i, line: i in where)
        if out:
            return out


def written(chain):
    """`12 + 5 = 17` lines and the answer line, as tokens."""
    out = []
    for a, op, b, c in chain:
        out += [str(a), op, str(b), "=", str(c), "\n"]
    return out + ["Answer:", str(chain[-1][3])]


def checked(draft, chain):
    """Every step derived again and marked, as (token, loss weight)."""
    out = []
    for was, line in zip(draft, chain):
        a, op, b, c = line
        out += [(t, 1) for t in (str(a), op, str(b), "=", str(c))]
        out += [("ok" if was == line else "fix", 3), ("\n", 1)]
    return out + [("Answer:", 1), (str(chain[-1][3]), 1)]


MODES = ("direct", "cot", "tool", "check")
MIX = (0.05, 0.50, 0.15, 0.30)


def example(rng, start, steps, mode=None, mix=MIX, slips=1.0):
    """One training sequence as [(token, loss weight), ...]."""
    mode = mode or rng.choices(MODES, mix)[0]
    chain = lines(start, steps)
    head = question(rng, start, steps) + ["\n"]
    given = lambda tokens: [(t, 0) for t in tokens]
    asked = lambda tokens: [(t, 1) for t in tokens]
    if mode == "direct":
        out = given(head + ["[direct]", "\n"]) + asked(["Answer:", str(chain[-1][3])])
    elif mode == "cot":
        out = given(head + ["[cot]", "\n"]) + asked(written(noisy_chain(rng, start, steps, slips)))
    elif mode == "tool":
        out = given(head + ["[tool]", "\n"])
        for a, op, b, c in chain:
            out += asked(["<calc>", str(a), op, str(b), "</calc>"]) + given(["=", str(c), "\n"])
        out += asked(["Answer:", str(chain[-1][3])])
    else:
        draft = draft_chain(rng, start, steps)
        out = given(head + ["[cot]", "\n"] + written(draft) + ["\n", "[check]", "\n"]) + checked(draft, chain)
    return out + [("<eos>", 1)]


def stream(seed, mix=MIX, slips=1.0):
    """Endless training sequences as (ids, loss weights); a third of each grade; held-out problems are skipped."""
    rng = random.Random(seed)
    while True:
        start, steps = draw(rng, rng.choice(("easy", "medium", "hard")))
        if not held_out(start, steps):
            sequence = example(rng, start, steps, None, mix, slips)
            yield [ID[t] for t, _ in sequence], [w for _, w in sequence]


def unseen(seed, count, grade):
    """Held-out problems: [(question ids, answer, start, steps), ...]."""
    rng, out = random.Random(seed), []
    while len(out) < count:
        start, steps = draw(rng, grade)
        if held_out(start, steps):
            out.append(([ID[t] for t in question(rng, start, steps)], lines(start, steps)[-1][3], start, steps))
    return out


if __name__ == "__main__":
    rng = random.Random(5)
    for grade, mode in (("easy", "direct"), ("medium", "cot"), ("medium", "tool"), ("hard", "check")):
        print(" ".join(t for t, _ in example(rng, *draw(rng, grade), mode)), "\n")
    for grade in GRADES:
        right = sum(noisy_chain(rng, s, p) == lines(s, p) for s, p in (draw(rng, grade) for _ in range(4000)))
        length = [len(example(rng, *draw(rng, grade))) for _ in range(1000)]
        print(f"{grade}: chains without a slip {right / 4000:.3f}, mean length {sum(length) / 1000:.0f}, longest {max(length)}")

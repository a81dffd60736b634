"""Texts that pretend to be programs: from the grammar, spoilt, adversarial, and noise.

In: random numbers. Out: a name for what was done, and the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from cl_utils.seeds import stream
from cl_utils.tinypy.grammar import Variant, generate
from cl_utils.tinypy.tokenizer import VOCABULARY

TOKENS: Final = (
    *("print(", ")", "(", "range(", "for a in range(3) :", "if a < b :", "elif 1 :", "else :"),
    *("while a < 9 :", "\n", "\t", "\n\t", " ", "a", "b", "z", "=", "==", "<", ">=", "+", "-", "*"),
    *("/", "//", "%", "**", "not ", " and ", " or ", "0", "1", "9", "255", "1.5", "1e9", "0x1f"),
    *("# output", "\n# output\n# 1\n\n", "'s'", "[1]", "{}", "lambda : 1", "import os", "a.b"),
    *("a[0]", "f(1)", "def f() :", "return", "break", "pass", "del a", "global a", ";", "\\\n"),
    *(
        "True",
        "None",
        "_",
        "aa",
        "A",
        "ª",
        "é",
        "\x00",
        "\r",
        "\f",
        "\ud800",
        "😀",
        ":=",
        "@",
        "...",
    ),
)
VARIANTS: Final[tuple[Variant, ...]] = ("paper2024", "fixed")
LETTERS: Final = ("\ud800", "\udfff", "ß", "\u202e", "😀", "\x7f", "\x80", "٣", "Ａ", "\U0010ffff")

ADVERSARIAL: Final[Mapping[str, Callable[[Random], str]]] = {
    "empty": lambda random: random.choice(["", "\n", " ", "\t", "\n\n", "#", "# output"]),
    "deep brackets": lambda random: _around("(", "1", ")", random, "print({})"),
    "many signs": lambda random: f"print({'-' * _large(random)}1)",
    "many nots": lambda random: f"print({'not ' * _large(random)}1)",
    "a long sum": lambda random: f"print({'+'.join(['1'] * _large(random))})",
    "a long comparison": lambda random: f"print({'<'.join(['1'] * _large(random))})",
    "a long and": lambda random: f"print({' and '.join(['1'] * _large(random))})",
    "deep blocks": lambda random: _blocks(random.choice([10, 50, 99, 101, 500])),
    "many elifs": lambda random: (
        "if 0 :\n\tprint(1)" + "\nelif 0 :\n\tprint(2)" * random.choice([30, 300, 3000])
    ),
    "a large number": lambda random: f"print({'9' * random.choice([18, 400, 4301, 50_000])})",
    "a large product": lambda random: _squares(random.choice([5, 12, 30, 60])),
    "a large product in a loop": lambda random: (
        f"a = 9\nfor b in range({random.choice([10, 40, 100])}) :\n\ta = a * a\nprint(1)"
    ),
    "a large quotient": lambda random: _squares(random.choice([5, 12, 25])) + "\nprint(1 / a)",
    "a large float": lambda random: _squares(12) + "\nprint(a * 1 / 2)",
    "division by zero": lambda random: random.choice(
        ["print(1 / 0)", "a = 0\nif 1 / a :\n\tprint(1)", "for a in range(1, 9, 0) :\n\tprint(a)"]
    ),
    "a float in a range": lambda random: "for a in range(1 / 2) :\n\tprint(a)",
    "no variable": lambda random: random.choice(["print(a)", "if 0 :\n\ta = 1\nprint(a)", "a = b"]),
    "no end": lambda random: random.choice(
        ["while 1 :\n\ta = 1", "a = 1\nwhile a > 0 :\n\ta = a + 1", "while 1 :\n\tprint(1)"]
    ),
    "a long loop": lambda random: (
        f"for a in range({10 ** random.choice([5, 7, 12, 30])}) :\n\tb = a"
    ),
    "loops in loops": lambda random: _loops(random.choice([3, 6, 12])),
    "much output": lambda random: (
        f"for a in range({random.choice([1000, 100_000])}) :\n\tprint({'9' * 300})"
    ),
    "beyond the subset": lambda random: random.choice(
        [
            "import os", "print(1, 2)", "a = [1]", "a, b = 1, 2", "a = b = 1", "a += 1",
            "print(f'{1}')", "x = (y := 1)", "print(1 if 1 else 2)", "for a in range(3) :\n\tbreak",
            "for a in range(3) :\n\tprint(a)\nelse :\n\tprint(1)", "print(1, end='')", "print()",
            "range(3)", "print(range(3))", "def f() :\n\tprint(1)", "print(True)", "print(1.5)",
            "a : int = 1", "print(1j)", "print(b'')", "print(...)", "print(0x10)", "print(1_0)",
            "print(a.b)", "print(a[0])", "ª = 1\nprint(a)", "print = 1", "range = 1", "a = print",
            "__import__('os')", "print(*a)", "lambda : 1", "async def f() :\n\tpass", "print(~1)",
            "print(1 if a else b)", "print(1 @ 2)", "print(2 ** 9 ** 9 ** 9)", "print(9 << 9 ** 9)",
        ]
    ),
    "odd whitespace": lambda random: random.choice(
        ["a = 1\r\nprint(a)", "a = 1\rprint(a)", "\ta = 1", "if 1 :\n  \tprint(1)\n\tprint(2)",
         "a = 1\fprint(a)", "a = 1 ;print(a)", "print(\\\n1)", "a = 1\n\\", "\ufeffprint(1)",
         "print(1)\x1a", "print(1)\x00", "a\u00a0= 1", "a = 1 # ü", "# -*- coding: utf-16 -*-"]
    ),
    "other letters": lambda random: "".join(random.choices(LETTERS, k=random.randint(1, 20))),
    "a huge text": lambda random: "a = 1\n" * random.choice([1000, 20_000]) + "print(a)",
    "a long line": lambda random: f"print({'1 + ' * 2000}{'a' * random.choice([1, 200_000])})",
}  # fmt: skip


def generated(random: Random) -> tuple[str, str]:
    """Return source and output of a program of the grammar."""
    variant = random.choice(VARIANTS)
    rng = stream(random.randrange(2**31), "torture")
    (program,) = generate(1, rng=rng, variant=variant).programs
    return program.source, program.output


def spoilt(random: Random) -> tuple[str, str]:
    """Return a program of the grammar with a few changes, and what was done."""
    text, _ = generated(random)
    done = []
    for _ in range(random.randint(1, 4)):
        place = random.randrange(len(text) + 1)
        how = random.choice(["deleted", "doubled", "token", "letter", "cut", "turned"])
        if how == "deleted":
            text = text[:place] + text[place + random.randint(1, 3) :]
        elif how == "doubled":
            text = text[:place] + text[max(0, place - 9) :]
        elif how == "token":
            text = text[:place] + random.choice(TOKENS) + text[place:]
        elif how == "letter":
            text = text[:place] + random.choice(VOCABULARY) + text[place + 1 :]
        elif how == "cut":
            text = text[:place]
        else:
            text = text[place:] + text[:place]
        done.append(how)
    return f"spoilt ({', '.join(done)})", text


def noise(random: Random) -> tuple[str, str]:
    """Return tokens, characters or code points in any order."""
    length = random.randint(1, 60)
    made: Mapping[str, Callable[[], str]] = {
        "tokens": lambda: random.choice(TOKENS),
        "characters": lambda: random.choice(VOCABULARY),
        "code points": lambda: chr(random.randrange(random.choice([128, 2**16, 0x110000]))),
    }
    name = random.choice(sorted(made))
    return name, "".join(made[name]() for _ in range(length))


def _large(random: Random) -> int:
    return random.choice([20, 90, 200, 1000, 5000, 30_000])


def _around(opening: str, inner: str, closing: str, random: Random, whole: str) -> str:
    depth = _large(random)
    return whole.format(opening * depth + inner + closing * depth)


def _blocks(depth: int) -> str:
    lines = ["\t" * level + "if 1 :" for level in range(depth)]
    return "\n".join([*lines, "\t" * depth + "print(1)"])


def _loops(depth: int) -> str:
    lines = ["\t" * level + f"for {chr(97 + level)} in range(99) :" for level in range(depth)]
    return "\n".join([*lines, "\t" * depth + "print(1)"])


def _squares(count: int) -> str:
    return "\n".join(["a = 9", *["a = a * a"] * count])

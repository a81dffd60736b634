"""Counts what was right in each program, and adds it up to the measures of every subset.

In: scores of programs, characters and lines, and the corpus they belong to. Out: a `Tally` for each
measure; from these, rows subset_kind, subset, measure, value (percent), n.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.evaluation.line_completion import LineScores
from cl_utils.model.scoring import Scores, answer_log_probability, execution_exact
from cl_utils.tinypy.record import SEPARATOR


class Tally(NamedTuple):
    """For each program, how much was right of how many things (one program, characters, lines)."""

    right: NDArray[np.float64]  # (P,)
    of: NDArray[np.float64]  # (P,)


def per_program(values: NDArray[np.floating], programs: NDArray[np.int64], count: int) -> Tally:
    """Add up values of characters or lines (0..1 each), (K,), by the program they belong to."""
    return Tally(
        np.bincount(programs, weights=values, minlength=count).astype(float),
        np.bincount(programs, minlength=count).astype(float),
    )


def execution_tallies(table: pd.DataFrame) -> dict[str, Tally]:
    """Return the measures of code execution: a program is right, or so likely to be.

    Those that nothing is known of, since no text was generated, are left out.
    """
    rights = {
        "execution_exact": table["exact"],
        "execution_expected": np.exp(table["log_probability"]),
        "execution_paper": table["paper_correct"],
        "execution_paper_greedy": table["paper_correct_greedy"],
        "execution_paper_ceiling": table["paper_possible"],
        "execution_majority": table["majority"],
    }
    ones = np.ones(len(table))
    return {
        name: Tally(np.asarray(right, dtype=float), ones)
        for name, right in rights.items()
        if not right.isna().all()
    }


def scored_tallies(scores: Scores, corpus: Corpus) -> dict[str, Tally]:
    """Return the measures of code execution that need no generated text."""
    ones = np.ones(len(corpus))
    expected = np.exp(answer_log_probability(scores, corpus))
    return {
        "execution_exact": Tally(execution_exact(scores, corpus).astype(float), ones),
        "execution_expected": Tally(expected, ones),
    }


def token_tallies(scores: Scores, corpus: Corpus, ngram: NDArray[np.bool_]) -> dict[str, Tally]:
    """Return the measures of token completion: over all characters, the program's, the output's.

    `ngram` (N,) says which characters the n-gram baseline gets right.
    As in the paper, a program's first character and the blank line after it are not counted.
    """
    inside = np.arange(len(corpus.tokens)) - np.repeat(corpus.offsets[:-1], corpus.lengths)
    left = np.repeat(corpus.lengths, corpus.lengths) - inside  # characters to the record's end
    counted = (inside > 0) & (left > len(SEPARATOR))
    output = corpus.is_answer()
    parts = {"": counted, "_program": counted & ~output, "_output": counted & output}
    values = {
        "accuracy": scores.correct.astype(float),
        "expected": np.exp(scores.log_probability),
        "ngram": ngram.astype(float),
    }
    programs = corpus.program_of_token()
    return {
        f"token_{name}{part}": per_program(value[chosen], programs[chosen], len(corpus))
        for name, value in values.items()
        for part, chosen in parts.items()
    }


def line_tallies(scores: LineScores, corpus: Corpus) -> dict[str, Tally]:
    """Return the measures of line completion, means over lines."""
    values = {
        "line_exact_oracle": scores.exact_oracle.astype(float),
        "line_similarity_oracle": scores.similarity_oracle / 100,
        "line_exact": scores.exact.astype(float),
        "line_similarity": scores.similarity / 100,
    }
    known = {name: ~np.isnan(value) for name, value in values.items()}
    return {
        name: per_program(value[known[name]], scores.lines.programs[known[name]], len(corpus))
        for name, value in values.items()
    }


def subsets(corpus: Corpus) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield kind, name and members (P,) of each subset that has programs."""
    yield "all", "all", np.ones(len(corpus), dtype=bool)
    for code, bucket in enumerate(BUCKETS):
        if (members := corpus.buckets == code).any():
            yield "bucket", bucket, members
    for level in np.unique(corpus.levels):
        yield "level", str(level), corpus.levels == level


# A subset's percentage is a ratio of sums, not a mean of ratios: in it every character or line
# weighs the same, however short its program. Sums over subsets are one product of the subsets'
# membership with the programs' tallies, for all measures at once; grouping the table by every
# subset in turn would do the same work once a measure. Only `macro_rows` averages ratios, one a
# bucket.


def measure_rows(tallies: Mapping[str, Tally], corpus: Corpus, *, macro: bool) -> pd.DataFrame:
    """Return the percentage right in every subset, n counting what it is a share of.

    `macro` adds the unweighted mean over the three buckets, where none is empty.
    """
    kinds, names, members = zip(*subsets(corpus), strict=True)
    weights = np.stack(members).astype(float)  # (S, P)
    right, of = (
        weights @ np.stack(part, axis=1) for part in zip(*tallies.values(), strict=True)
    )  # (S, M) each
    rows = pd.DataFrame(
        {
            "subset_kind": np.repeat(kinds, len(tallies)),
            "subset": np.repeat(names, len(tallies)),
            "measure": np.tile(list(tallies), len(kinds)),
            "value": (100 * right / np.where(of > 0, of, np.nan)).ravel(),
            "n": of.astype(np.int64).ravel(),
        }
    )
    rows = rows[rows["n"] > 0]
    return pd.concat([rows, macro_rows(rows)], ignore_index=True) if macro else rows


def macro_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the unweighted mean over the buckets of each measure that all three buckets have."""
    buckets = rows[rows["subset_kind"] == "bucket"].groupby("measure", sort=False)
    means = buckets.agg(value=("value", "mean"), n=("n", "sum"), buckets=("subset", "size"))
    means = means[means.pop("buckets") == len(BUCKETS)].reset_index()
    means.insert(0, "subset_kind", "macro")
    means.insert(1, "subset", "macro")
    return means

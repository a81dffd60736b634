"""How numbers read in print: intervals, differences, correlations, p values, and what is missing.

In: numbers. Out: short texts, the same in figures, tables and sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

MISSING: Final = "–"
LEVELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.1": "assignments",
        "1.2": "assignments, long",
        "2.1": "branches",
        "2.2": "chained branches",
        "3.1": "loops",
        "3.2": "loops, expressions",
    }
)
"""What the programs of a level of the grammar are made of."""
MEASURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "execution_exact": "exact outputs",
        "execution_expected": "exact outputs, expected when sampled",
        "execution_paper": "outputs by the paper's protocol, sampled",
        "execution_paper_greedy": "outputs by the paper's protocol, greedy",
        "execution_paper_ceiling": "ceiling of the paper's protocol",
        "execution_majority": "majority output",
        "token_accuracy": "next character",
        "token_accuracy_program": "next character of the source",
        "token_accuracy_output": "next character of the output",
        "token_expected": "next character, mean probability",
        "token_expected_program": "next character of the source, mean probability",
        "token_expected_output": "next character of the output, mean probability",
        "token_ngram": "next character, by n-grams",
        "token_ngram_program": "next character of the source, by n-grams",
        "token_ngram_output": "next character of the output, by n-grams",
        "line_exact": "next line",
        "line_exact_oracle": "next line, its length given",
        "line_similarity": "next line, edit similarity",
        "line_similarity_oracle": "next line, its length given, edit similarity",
    }
)
"""The measures of measures.csv in words; docs/vocabulary.md defines them."""


def interval_text(low: float, high: float) -> str:
    """Return "+1.0 to +2.0"; nothing where there is no interval."""
    return "" if pd.isna(low) else f"{low:+.1f} to {high:+.1f}"


def points_text(row: pd.Series) -> str:
    """Return "+1.5 (+1.0 to +2.0)", a difference with its interval where there is one."""
    interval = interval_text(row["low"], row["high"])
    return f"{row['difference']:+.1f}" + (f" ({interval})" if interval else "")


def rho_text(rho: float) -> str:
    """Return a correlation with two digits, or with a third where two would hide its sign."""
    return f"{rho:+.3f}" if abs(rho) < 0.005 else f"{rho:+.2f}"


def measure_text(measure: str) -> str:
    """Return the name of a measure as figures print it."""
    return MEASURES.get(measure, measure)


def p_text(p: float) -> str:
    """Return a p value in print; a dash where there is none."""
    return MISSING if pd.isna(p) else f"{p:.3f}"


def level_label(level: str) -> str:
    """Return a level of the grammar with what its programs are made of."""
    return f"{level} {LEVELS[level]}" if level in LEVELS else level

"""The metrics of difficulty by name: what figures call each, and which of them can make buckets.

In: nothing. Out: `METRICS` in the order in which they are shown, and `BUCKET_METRICS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

METRICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cyclomatic_complexity": "cyclomatic complexity",
        "halstead_difficulty": "Halstead difficulty by radon",
        "halstead_difficulty_token": "Halstead difficulty by token",
        "overall_metric": "overall metric by radon",
        "overall_metric_token": "overall metric by token",
        "characters": "characters of the source",
        "ast_nodes": "AST nodes",
        "nesting_depth": "nesting depth",
        "executed_lines": "executed lines",
        "output_characters": "characters of the output",
        "zlib_ratio": "zlib ratio",
        "random": "random (control)",
        "model_loss": "loss of a small model",
    }
)
"""Every metric of the study, as figures call it; the order in which they are shown."""

BUCKET_METRICS: Final = tuple(
    name for name in METRICS if name not in ("nesting_depth", "model_loss")
)
"""Metrics that can make buckets: TinyPy nests no deeper than 1, and a loss needs a trained model.

`random` is among them, for schedules over buckets that mean nothing.
"""

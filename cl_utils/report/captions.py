"""What every figure of a study shows: for the README, the pages and the folder of figures.

In: the folder of drawn figures, which hold their results and notes (`figures.described`). Out: a
caption and an alternative text a figure, Markdown of the figures that are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cl_utils.figures.described import plain, stored_description
from cl_utils.study.params import Params


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What is said of a drawn figure: its result for who cannot see it, a caption for all."""

    alt: str
    caption: str

    def markdown(self, link: str) -> str:
        """Return the figure behind `link` with its caption, as Markdown."""
        return f"{picture(self.alt, link)}\n*{plain(self.caption)}*"


CAPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "effects_by_setting": (
            "Hybrid against the baseline, and what order, restarts and composition do, in "
            "every setting studied"
        ),
        "effects_by_level": (
            "What order, restarts and composition do on each level of the grammar, in every "
            "setting studied"
        ),
        "characters_to_accuracy": (
            "How soon each arm reaches what the paper reports for its baseline, in every setting "
            "in which a run gets there"
        ),
        "effects_by_order": (
            "Exactly the baseline's programs in other orders of difficulty, against the baseline"
        ),
        "effects_by_rate": (
            "What a curriculum does where the learning rate falls to zero, to a third, or not at "
            "all"
        ),
        "effects_by_exam": (
            "Exams off the training distribution: the baseline's accuracy, hybrid's gain, "
            "and what order, restarts and composition do there"
        ),
        "effects_forest": (
            "Arms against the baseline (those that differ only in budget or metric: notebooks 09 "
            "and 12)"
        ),
        "factorial_effects": (
            "Hybrid minus baseline, taken apart into order, restarts and composition"
        ),
        "execution_accuracy": "Execution accuracy by arm: exact outputs, and the paper's protocol",
        "gain_against_budget": "Gain over the baseline on smaller budgets and on the whole one",
        "adaptive_trajectories": "What adaptive arms drew over training, and their yoked controls",
        "metric_validity": "How far each metric orders what the trained baseline finds hard",
        "metric_ablation": "The incremental schedule with buckets by each metric",
        "metric_worth": (
            "How far each metric orders what is hard, and what its buckets gain over random ones"
        ),
        "metric_agreement": "How far the metrics agree: Spearman's rho over all programs",
        "accuracy_by_difficulty": "Exact accuracy by tenth of the difficulty metric",
        "difficulty_distribution": (
            "Difficulty by grammar level and bucket, radon's and the textbook's Halstead"
        ),
        "leak": "What a split by text alone would have said of the same models",
        "protocol_audit": "The same models under two scorings: ours, the paper's with its ceiling",
        "schedule_composition": "What each arm drew over training, by bucket",
        "forgetting": "What was learnt and forgotten: validation accuracy by bucket, stages shaded",
        "learning_curves": "Exact accuracy on the validation set against characters seen",
        "learning_curves_seconds": (
            "Exact accuracy on the validation set against wall-clock time (compilation "
            "and other work on the machine included: no comparison of speed)"
        ),
        "completion_tasks": "Token and line completion by arm",
    }
)
"""Every figure, in the order in which they are shown."""


def captions(folder: Path) -> dict[str, Shown]:
    """Return what is said of each figure that is drawn in a folder, by name."""
    paths = {name: folder / f"{name}.png" for name in CAPTIONS}
    return {name: shown(path, CAPTIONS[name]) for name, path in paths.items() if path.exists()}


def shown(path: Path, sentence: str) -> Shown:
    """Return what is said of a saved figure; `sentence`: what it shows, without a full stop."""
    words = stored_description(path)
    return Shown(alt=words.result or f"{sentence}.", caption=f"{sentence}. {words.notes}".strip())


def picture(alt: str, link: str) -> str:
    """Return an image as Markdown."""
    return f"![{alt.replace('[', '(').replace(']', ')')}]({link})"


def figures_markdown(names: Sequence[str], texts: Mapping[str, Shown], folder: str) -> str:
    """Return the figures `names` with what is said of them (`texts`); PNGs lie in `folder`."""
    there = [name for name in names if name in texts]
    return "\n\n".join(texts[name].markdown(f"{folder}{name}.png") for name in there)


def folder_markdown(params: Params) -> str:
    """Return the page of all figures of a profile that are drawn: figures/<profile>/README.md."""
    body = figures_markdown(list(CAPTIONS), captions(params.figures), "")
    return (
        f"# Figures of the profile `{params.profile}`\n\nGenerated from the rows in results/ by "
        f"`make figures PROFILE={params.profile}`; do not edit. "
        "What they mean: [`docs/findings.md`](../../docs/findings.md).\n\n" + body + "\n"
    )

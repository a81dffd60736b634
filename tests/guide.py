"""The page docs/extending.md as a notebook, and what its tests ask of the parts that it makes.

In: the page. Out: its code blocks by section, a `Notebook` that runs them, and small helpers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from worlds import quiet

from cl_utils import code_fingerprint
from cl_utils.curriculum.interface import ProbeResult
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.model.gpt import GPT, Cache
from cl_utils.paths import NOTEBOOKS, REPOSITORY
from cl_utils.training.loop import Run, Trained, train

PAGE = (REPOSITORY / "docs" / "extending.md").read_text(encoding="utf-8")
SECTIONS = {
    text.partition("\n")[0]: re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    for text in re.split(r"^##? ", PAGE, flags=re.MULTILINE)[1:]
}
PARTS = list(SECTIONS)[2:-1]  # after the head and the way from one to a comparison
SCHEDULE, POLICY, ARM, METRIC, OPTION, MODEL = PARTS
KEPT = """
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.difficulty.static_metrics import measure_all
from cl_utils.paths import PARAMS
from cl_utils.study.params import read_params
import pandas as pd

source = "a = 1 + 2\\nif a < 4 :\\n\\tprint(a)"
table = measure_all(pd.DataFrame({"source": [source], "output": "3"}))
print(table["operations"].tolist(), METRICS["operations"])
print(read_params(PARAMS / "smoke.yaml", {"metric": "operations"}).metric)
"""


class Notebook:
    """What the page's cells define; its calls of `train` are kept, and made when asked for."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def execute(self, section: str) -> dict[str, Any]:
        """Run the Python cells of a section, and return all names."""
        for language, source in SECTIONS[section]:
            if language == "python":
                exec(compile(source, section, "exec", dont_inherit=True), self.names)
        return self.names

    def keep(self, *given: Any, **options: Any) -> None:
        """Stand for `train`."""
        self.calls.append((given, options))

    def train(self, change: Callable[[Run], Run] = lambda run: run, **more: Any) -> Trained:
        """Make the page's last call of `train`, of its run or of one that is changed."""
        (run, *corpora), options = self.calls[-1]
        return train(change(run), *corpora, **{"report": quiet, **options, **more})


class Scripted:
    """Stands for a probe: each bucket in turn is the worst."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def measure(self, model: GPT, buckets: Sequence[str], count: int) -> dict[str, ProbeResult]:
        worst = BUCKETS[len(self.seen) // 4 % len(BUCKETS)]
        self.seen.append(worst)
        return {each: ProbeResult(0.1 if each == worst else 0.5, 1.0) for each in buckets}

    def accuracy(self, model: GPT) -> dict[str, float]:
        return dict.fromkeys(BUCKETS, 0.0)


@torch.no_grad()
def assert_reads_alike_with_a_cache(model: GPT) -> None:
    """Reading in two parts gives the same logits, and no character sees a later one."""
    tokens = torch.arange(2 * 24).view(2, 24) % model.config.vocabulary
    whole, cache = model(tokens), Cache.empty(model.config, 2, 24, torch.device("cpu"))
    parts = [model(part, cache=cache) for part in tokens.split([15, 9], dim=1)]
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(model(tokens[:, :15]), whole[:, :15], rtol=1e-4, atol=1e-5)


def reached(notebook: str) -> set[str]:
    """Return the files of the package that a notebook's fingerprint counts."""
    (path,) = NOTEBOOKS.glob(f"{notebook}_*.ipynb")
    tree, files = code_fingerprint._code(path), {}
    code_fingerprint._digest(tree, code_fingerprint._shows(tree), files)
    return {file.relative_to(REPOSITORY / "cl_utils").as_posix() for file in files}

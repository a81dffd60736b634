"""A checkout of the authors' repository is timed as it stands, or refused in one sentence.

In: invented checkouts whose script keeps the habits of theirs: data below the working folder, a
module of its model beside it, an evaluation first, an endless loop. Out: a rate, or a refusal.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from refusals import refusal
from tiny import tiny_corpus

from benchmarks.authors import authors, checked, script_rate
from benchmarks.settings import Settings

MODEL = """
import pickle, torch
meta = pickle.load(open("data/TinyPy_processed/all/meta.pkl", "rb"))
assert meta["stoi"][meta["itos"][7]] == 7
def GPT():
    return torch.nn.Embedding(meta["vocab_size"], meta["vocab_size"])
"""
SCRIPT = """
import os, numpy as np, torch
from model import GPT
os.makedirs(os.path.join(os.path.dirname(__file__), "models"))
eval_iters = 500
assert eval_iters == 1, "a long evaluation"
data = np.memmap("data/TinyPy_processed/all/train.bin", dtype=np.uint16, mode="r")
model = GPT()
optimizer = torch.optim.AdamW(model.parameters())
while True:
    x = torch.from_numpy(data[:9].astype(np.int64))
    torch.nn.functional.cross_entropy(model(x[:-1]), x[1:]).backward()
    optimizer.step()
"""


def checkout(folder: Path, script: str) -> Path:
    """Write an invented checkout."""
    (folder / "code").mkdir()
    (folder / "code/model.py").write_text(MODEL)
    (folder / "code/train_baseline.py").write_text(script)
    return folder


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    sentence = refusal(lambda: authors(Settings(quick=True, authors=tmp_path)))
    assert "holds no code/train_baseline.py: name a checkout of" in sentence


def test_without_a_checkout_it_is_skipped() -> None:
    assert "give --authors PATH" in refusal(lambda: authors(Settings(quick=True)))


def test_the_script_is_timed_and_leaves_the_checkout_as_it_was(tmp_path: Path) -> None:
    folder = checked(checkout(tmp_path, SCRIPT))
    before = sorted(folder.rglob("*"))
    assert script_rate(folder, tiny_corpus(5), steps=3) > 0
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("script", "reason"),
    [("import no_such_module", "No module named 'no_such_module'"), ("done = 1", "too early")],
)
def test_a_script_that_fails_is_told(tmp_path: Path, script: str, reason: str) -> None:
    folder = checkout(tmp_path, script)
    assert reason in refusal(lambda: script_rate(folder, tiny_corpus(5), steps=3))

"""Line completion: which lines, by hand; and against generating every line without a cache."""

from __future__ import annotations

import numpy as np
import pytest
from rapidfuzz import fuzz
from tiny import Blocks, corpus_of, overfit, tiny_corpus, tiny_model

from cl_utils.evaluation import line_completion
from cl_utils.evaluation.line_completion import complete_lines, find_lines
from cl_utils.model.decoding import generate_plain
from cl_utils.model.scoring import Scores, score
from cl_utils.tinypy.tokenizer import decode, encode

TEXT = "a = 3\nprint(a)\n# output\n# 3\n\n"


def test_lines_are_all_but_the_first_and_the_blank_one() -> None:
    corpus = corpus_of(("a = 3\nprint(a)", "3"), ("print(1)", ""))
    lines = find_lines(corpus)
    texts = [decode(corpus.tokens[s:e]) for s, e in zip(lines.starts, lines.ends, strict=True)]
    assert texts == ["print(a)", "# output", "# 3", "# output", "# "]
    assert lines.programs.tolist() == [0, 0, 0, 1, 1]


def test_hand_worked_example(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = corpus_of(("a = 3\nprint(a)", "3"))
    correct = np.ones(len(TEXT), dtype=bool)
    correct[TEXT.index("(a)") + 1] = False  # writes print(b)
    correct[TEXT.index("\n\n")] = False  # writes # 34
    written = [encode("print(b)\n"), encode("# 34\n")]
    monkeypatch.setattr(line_completion, "complete", lambda *_, **__: written)
    scores = Scores(correct, np.zeros(len(TEXT), dtype=np.float32))
    found = complete_lines(tiny_model("paper"), corpus, scores)
    assert found.exact_oracle.tolist() == [False, True, True]
    assert found.exact.tolist() == [False, True, False]
    assert found.similarity_oracle.tolist() == [87.5, 100, 100]  # 2 * 7 of 16 characters
    assert found.similarity == pytest.approx([87.5, 100, 100 * 6 / 7])  # 2 * 3 of 7


@pytest.mark.parametrize("blocks", ["paper", "modern"])
def test_equals_plain_generation_of_every_line(blocks: Blocks) -> None:
    corpus = tiny_corpus(16)
    model = overfit(tiny_model(blocks), corpus.take(np.arange(0, 16, 2)), steps=80)
    found = complete_lines(model, corpus, score(model, corpus))
    limit = int(found.lines.lengths.max()) + 1
    assert 0 < found.exact.sum() < len(found.exact)
    for i, (program, start, end) in enumerate(
        zip(found.lines.programs, found.lines.starts, found.lines.ends, strict=True)
    ):
        context, true = (
            corpus.tokens[corpus.offsets[program] : start],
            decode(corpus.tokens[start:end]),
        )
        oracle = decode(generate_plain(model, context, int(end - start), stop=None))
        line = decode(generate_plain(model, context, limit, stop="line"))
        assert found.exact_oracle[i] == (oracle == true)
        assert found.exact[i] == (line == true + "\n")
        assert found.similarity_oracle[i] == fuzz.ratio(oracle, true)
        assert found.similarity[i] == fuzz.ratio(line.removesuffix("\n"), true)


def test_similarity_on_some_programs_only() -> None:
    corpus, model = tiny_corpus(12), tiny_model("paper")
    scores = score(model, corpus)
    everything, some = (complete_lines(model, corpus, scores, programs=n) for n in (None, 3))
    known = ~np.isnan(some.similarity)
    assert sorted(set(some.lines.programs[known])) == [2, 6, 10]
    assert np.array_equal(some.similarity[known], everything.similarity[known])
    assert np.array_equal(some.exact, everything.exact)

"""Decoding: three ways agree, text does not depend on grouping, stops and bounds hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import Blocks, overfit, tiny_corpus, tiny_model

from cl_utils.errors import StudyError
from cl_utils.evaluation.evaluate import check_decoding
from cl_utils.evaluation.program_rows import prompts
from cl_utils.model.completion import complete
from cl_utils.model.decoding import Ids, Stop, cut, generate, generate_plain
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import execution_exact, score
from cl_utils.tinypy.tokenizer import decode, encode

TEXTS = ["a", "for i in", "b = 3\nprint(b)\n# output", "c = 1\nprint(c)\n# output", "x = 5\n"]
PROMPTS = [encode(text) for text in TEXTS]


@pytest.fixture(scope="module", params=[("paper", 0), ("modern", 0), ("modern", 3)])
def half_trained(request: pytest.FixtureRequest) -> GPT:
    """Return a model that knows some of the programs of `tiny_corpus(24)`."""
    corpus, (blocks, convolution) = tiny_corpus(24), request.param
    return overfit(
        tiny_model(blocks, convolution=convolution), corpus.take(np.arange(0, 24, 2)), steps=120
    )


def sampled(model: GPT, seed: int, batch_size: int | None = None) -> list[str]:
    rng = torch.Generator().manual_seed(seed)
    written = generate(
        model, PROMPTS, [9, 30, 12, 12, 25], temperature=1.0, rng=rng, batch_size=batch_size
    )
    return [decode(ids) for ids in written]


def same(left: list[Ids], right: list[Ids]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def test_teacher_forced_cached_and_plain_agree(half_trained: GPT) -> None:
    corpus = tiny_corpus(24)
    exact = execution_exact(score(half_trained, corpus), corpus)
    assert 0 < exact.sum() < len(corpus)  # both outcomes are compared
    assert check_decoding(half_trained, corpus, len(corpus)) == 0


@pytest.mark.parametrize("blocks", ["paper", "modern"])
def test_cached_equals_plain_on_mixed_lengths(blocks: Blocks) -> None:
    model = tiny_model(blocks, noise=0.2)
    for stop in ("record", "line", None):
        plain = [generate_plain(model, prompt, 30, stop) for prompt in PROMPTS]
        assert same(generate(model, PROMPTS, 30, stop=stop), plain)


def test_completion_equals_generation(half_trained: GPT) -> None:
    corpus = tiny_corpus(24)
    scores = score(half_trained, corpus)
    wrong = np.flatnonzero(~execution_exact(scores, corpus))
    starts = [prompts(corpus)[program] for program in wrong]
    completed = complete(
        half_trained, corpus, scores, wrong, corpus.answers[wrong], 40, stop="record"
    )
    assert same(completed, generate(half_trained, starts, 40))


@pytest.mark.parametrize("blocks", ["paper", "modern"])
def test_sampled_text_does_not_depend_on_grouping(blocks: Blocks) -> None:
    model = tiny_model(blocks, noise=0.2)
    texts = sampled(model, seed=3)
    assert texts == sampled(model, seed=3, batch_size=1) == sampled(model, seed=3, batch_size=2)
    assert texts != sampled(model, seed=4)


def test_sampling_follows_the_models_distribution() -> None:
    model, draws = tiny_model("modern", noise=0.3), 6000
    rng = torch.Generator().manual_seed(0)
    written = generate(model, [PROMPTS[0]] * draws, 1, temperature=2.0, rng=rng, stop=None)
    shares = np.bincount(np.concatenate(written), minlength=53) / draws
    with torch.inference_mode():
        logits = model(torch.from_numpy(PROMPTS[0].astype(np.int64))[None])[0, -1]
    expected = torch.softmax(logits / 2.0, -1).numpy()
    assert np.abs(shares - expected).max() < 4 * np.sqrt(0.25 / draws)


def test_stops() -> None:
    model = tiny_model("modern", noise=0.3)
    records = [decode(ids) for ids in sample_many(model, "record")]
    lines = [decode(ids) for ids in sample_many(model, "line")]
    free = [decode(ids) for ids in sample_many(model, None)]
    assert {len(text) for text in free} == {60}
    for text, line, record in zip(free, lines, records, strict=True):
        assert line == text[: text.index("\n") + 1 if "\n" in text else 60]
        assert record == text[: text.index("\n\n") + 2 if "\n\n" in text else 60]
    assert any(len(line) < 60 for line in lines) and any(len(record) < 60 for record in records)


def sample_many(model: GPT, stop: Stop | None, at_least: int = 0) -> list[Ids]:
    rng = torch.Generator().manual_seed(0)
    start = [encode("a")] * 200
    return generate(model, start, 60, temperature=1.0, rng=rng, stop=stop, at_least=at_least)


def test_at_least_goes_on_after_an_early_stop() -> None:
    model = tiny_model("modern", noise=0.3)
    free = [decode(ids) for ids in sample_many(model, None)]
    for text, line in zip(free, sample_many(model, "line", at_least=20), strict=True):
        first = text.index("\n") + 1 if "\n" in text else 60
        assert decode(line) == text[: max(first, 20)]


def test_text_ends_at_the_context() -> None:
    model = tiny_model("paper", context=24, noise=0.2)
    fits, tight, full = encode("a = 1"), encode("b = 2\nprint(b)\n# outp"), encode("c" * 25)
    written = generate(model, [fits, tight, full], 6, stop=None)
    assert [len(ids) for ids in written] == [6, 4, 0]  # 21 + 4: the last character is not read
    assert cut(written, 6, stop=None).tolist() == [False, True, True]
    assert np.array_equal(written[1], generate_plain(model, tight, 6, stop=None))


def test_a_stopped_text_is_not_cut() -> None:
    assert cut([encode("\n# 1\n\n"), encode("\n# 1\n")], 9).tolist() == [False, True]


def test_bad_arguments_are_named() -> None:
    model = tiny_model("paper")
    with pytest.raises(StudyError, match="prompt 1 is empty"):
        generate(model, [encode("a"), encode("")], 3)
    with pytest.raises(StudyError, match="rng"):
        generate(model, PROMPTS, 3, temperature=1.0)
    assert generate(model, [], 3) == []

"""Teacher-forced scoring: what one pass over many texts says is what each text alone says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import Blocks, corpus_of, overfit, tiny_model
from worlds import World, handful

from cl_utils.data.corpus import Corpus
from cl_utils.errors import StudyError
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import answer_log_probability, execution_exact, score, scoring_batches
from cl_utils.tinypy.tokenizer import decode, encode

both_styles = pytest.mark.parametrize("blocks", ["paper", "modern"])


@torch.inference_mode()
def logits_alone(model: GPT, text: str) -> np.ndarray:
    """Return the log-probabilities of every next character of one text read alone, (T - 1, V)."""
    tokens = torch.from_numpy(encode(text).astype(np.int64))[None, :-1]
    return np.asarray(model(tokens)[0].log_softmax(-1))


@both_styles
@pytest.mark.parametrize("characters_per_batch", [1, 400, 16384])
def test_scores_are_those_of_each_program_read_alone(
    world: World, blocks: Blocks, characters_per_batch: int
) -> None:
    model, corpus = tiny_model(blocks, noise=0.2), world.validation
    scores = score(model, corpus, batches=scoring_batches(corpus, "cpu", characters_per_batch))
    for program in range(len(corpus)):
        text, start = corpus.text(program), corpus.offsets[program]
        expected, true = logits_alone(model, text), encode(text)[1:]
        here = slice(start + 1, corpus.offsets[program + 1])
        picked = expected[np.arange(len(true)), true]
        np.testing.assert_allclose(scores.log_probability[here], picked, atol=1e-4)
        assert scores.correct[here].tolist() == (expected.argmax(-1) == true).tolist()
        assert np.isnan(scores.log_probability[start]) and not scores.correct[start]


def test_the_order_of_the_programs_does_not_change_their_scores(world: World) -> None:
    model, corpus = tiny_model("modern", noise=0.2), world.validation
    order = np.random.default_rng(0).permutation(len(corpus))
    plain, moved = score(model, corpus), score(model, corpus.take(order))
    ours = answer_log_probability(plain, corpus)[order]
    np.testing.assert_allclose(answer_log_probability(moved, corpus.take(order)), ours, atol=1e-3)


@pytest.fixture(scope="module")
def learnt(world: World) -> tuple[GPT, Corpus]:
    """A model that knows some of the programs, so that right and wrong answers both occur."""
    corpus = handful(world.train, 6)
    return overfit(tiny_model("modern"), corpus, steps=25), corpus


def greedy(model: GPT, prompt: str, length: int) -> str:
    """Return the text that greedy decoding writes after a prompt, without a cache."""
    text = encode(prompt).astype(np.int64).tolist()
    for _ in range(length):
        text.append(int(model(torch.tensor([text]))[0, -1].argmax()))
    return decode(text)


def test_execution_is_exact_where_greedy_decoding_writes_the_answer(
    learnt: tuple[GPT, Corpus],
) -> None:
    model, corpus = learnt
    exact = execution_exact(score(model, corpus), corpus)
    for program in range(len(corpus)):
        answer = corpus.answer(program)
        written = greedy(model, corpus.prompt(program), len(answer))
        assert exact[program] == (written == corpus.text(program))
    assert exact.any() and not exact.all()


def test_one_wrong_character_of_the_answer_is_enough_and_the_prompt_counts_nothing() -> None:
    corpus = corpus_of(("print(1)", "1"), ("a = 2\nprint(a)", "2"))
    scores = score(tiny_model("paper"), corpus)
    scores.correct[:] = corpus.is_answer()
    assert execution_exact(scores, corpus).tolist() == [True, True]
    for place in range(corpus.answers[1], corpus.offsets[2]):
        scores.correct[place] = False
        assert execution_exact(scores, corpus).tolist() == [True, False]
        scores.correct[place] = True


@both_styles
def test_expected_accuracy_is_the_product_of_the_answers_probabilities(
    world: World, blocks: Blocks
) -> None:
    model, corpus = tiny_model(blocks, noise=0.05), handful(world.validation, 3)
    found = np.exp(answer_log_probability(score(model, corpus), corpus))
    for program in range(len(corpus)):
        text, answer = corpus.text(program), corpus.answer(program)
        probabilities = np.exp(logits_alone(model, text))[
            np.arange(len(text) - 1), encode(text)[1:]
        ]
        assert found[program] == pytest.approx(np.prod(probabilities[-len(answer) :]), rel=1e-3)


def test_a_program_longer_than_the_context_is_refused(world: World) -> None:
    with pytest.raises(StudyError, match="does not fit the model's context of 24"):
        score(tiny_model("modern", context=24), world.validation)


def test_a_program_of_exactly_the_context_and_one_more_is_scored(world: World) -> None:
    corpus = world.validation
    longest = int(corpus.lengths.max())
    scores = score(tiny_model("paper", context=longest - 1), corpus)
    assert np.isnan(scores.log_probability).sum() == len(corpus)

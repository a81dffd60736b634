"""The plain implementations compute what the study computes: model, losses, text, programs.

In: `benchmarks.reference` beside the modules it stands for. Out: a failure when a benchmark would
compare different things.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

import numpy as np
import pytest
import torch
from tiny import overfit, tiny_corpus, tiny_model
from worlds import World, small_run

from benchmarks.losses import paired_losses
from benchmarks.programs import mismatches, plain_scores
from benchmarks.reference.generation import answer_plainly, line_spans
from benchmarks.reference.grammar import plain_programs
from benchmarks.reference.training import PlainGPT, PlainLoop, weights_for_study
from cl_utils.data.corpus import Corpus
from cl_utils.difficulty.overall_metric import measure
from cl_utils.evaluation.line_completion import complete_lines, find_lines
from cl_utils.evaluation.paper_protocol import LIMIT_WITH_FOR
from cl_utils.evaluation.program_rows import greedy_predictions
from cl_utils.model.gpt import GPT, ModelConfig
from cl_utils.model.scoring import execution_exact, score
from cl_utils.tinypy.record import parse, record
from cl_utils.tinypy.tokenizer import encode

SMALL = ModelConfig(layers=2, heads=4, width=32, context=48)
DRAWN = 4000


def test_the_plain_model_has_the_papers_parameters() -> None:
    model = PlainGPT(ModelConfig())
    assert sum(parameter.numel() for parameter in model.parameters()) == 1_082_573


@pytest.mark.parametrize("config", [SMALL, ModelConfig()], ids=["small", "paper"])
def test_copied_weights_give_the_same_logits(config: ModelConfig) -> None:
    plain, study = PlainGPT(config), GPT(config)
    study.load_state_dict(weights_for_study(plain.state_dict(), config))
    tokens = torch.randint(config.vocabulary, (3, config.context))
    with torch.no_grad():
        torch.testing.assert_close(study(tokens), plain(tokens), atol=1e-5, rtol=1e-5)


def test_the_recipe_paper_has_the_losses_of_the_plain_loop(world: World) -> None:
    """Over all cuts of the learning rate, on the same windows."""
    found = np.asarray(paired_losses(small_run("paper", steps=20), world.train))
    assert np.abs(found[:, 0] - found[:, 1]).max() < 1e-3
    assert found[-1, 1] < found[0, 1] - 0.1  # and it learns


def test_windows_are_cut_from_the_stream_and_targets_follow_inputs() -> None:
    tokens = np.arange(200, dtype=np.uint8)
    inputs, targets = PlainLoop(SMALL, tokens, rows=5, steps=10).windows()
    assert inputs.shape == (5, SMALL.context)
    assert torch.equal(inputs + 1, targets)
    assert (torch.diff(inputs) == 1).all()


@pytest.fixture(scope="module")
def learnt() -> Iterator[tuple[GPT, Corpus]]:
    """A tiny model that knows some of these programs by heart."""
    corpus = tiny_corpus(8)
    yield overfit(tiny_model("modern"), corpus, steps=60), corpus


def test_one_program_at_a_time_gives_what_evaluation_gives(learnt: tuple[GPT, Corpus]) -> None:
    model, corpus = learnt
    scores = score(model, corpus)
    lines = complete_lines(model, corpus, scores)
    longest = int((corpus.offsets[1:] - corpus.answers).max())
    limit = max(longest, LIMIT_WITH_FOR) + 8
    texts, _ = greedy_predictions(model, corpus, scores, execution_exact(scores, corpus))
    for program, (start, end) in enumerate(zip(corpus.offsets, corpus.offsets[1:], strict=False)):
        answer = answer_plainly(model, corpus, program, limit)
        own = lines.lines.programs == program
        assert np.array_equal(answer.characters, scores.correct[start + 1 : end])
        assert answer.lines == lines.exact_oracle[own].tolist()
        assert answer.similarities == pytest.approx(lines.similarity_oracle[own].tolist())
        assert answer.text == texts[program]


def test_lines_to_complete_are_evaluations() -> None:
    corpus = tiny_corpus(20)
    lines = find_lines(corpus)
    for program, (start, end) in enumerate(zip(corpus.offsets, corpus.offsets[1:], strict=False)):
        own = lines.programs == program
        expected = zip(lines.starts[own] - start, lines.ends[own] - start, strict=True)
        assert line_spans(corpus.tokens[start:end]) == [*expected]


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, str]]:
    """Sources and outputs of programs of the plain generator."""
    return [parse(text) for text in islice(plain_programs(Random(0)), DRAWN)]


def test_plain_programs_are_each_new_and_in_the_vocabulary(drawn: list[tuple[str, str]]) -> None:
    assert len(set(drawn)) == DRAWN
    encode("".join(record(*program) for program in drawn))


def test_plain_programs_are_as_the_papers(drawn: list[tuple[str, str]]) -> None:
    """The numbers measured on the authors' samples, all levels; three standard errors or so."""
    lengths = [len(record(*program)) for program in drawn]
    shares = np.asarray([("for " in s, "." in o, o == "") for s, o in drawn]).mean(axis=0)
    assert np.mean(lengths) == pytest.approx(70.4, abs=2.0)
    assert shares == pytest.approx([0.335, 0.126, 0.140], abs=0.025)


def test_radon_one_by_one_gives_the_studys_difficulty(drawn: list[tuple[str, str]]) -> None:
    sources = [source for source, _ in drawn[:300]]
    assert mismatches(measure(sources), plain_scores(sources)[1]) == 0

"""Evaluation: a perfect model gets 100, the rows are the contract's, sums are right."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from tiny import corpus_of, overfit, tiny_corpus, tiny_model

from cl_utils.data.corpus import Corpus
from cl_utils.evaluation.evaluate import Evaluation, evaluate
from cl_utils.evaluation.measures import Tally, measure_rows, token_tallies
from cl_utils.evaluation.trivial_predictors import has_answer, majority_answer, train_ngram
from cl_utils.model.gpt import GPT
from cl_utils.model.scoring import score

MEASURES = [
    "execution_exact",
    "execution_expected",
    "execution_paper",
    "execution_paper_greedy",
    "execution_paper_ceiling",
    "execution_majority",
    *(
        f"token_{kind}{part}"
        for kind in ("accuracy", "expected", "ngram")
        for part in ("", "_program", "_output")
    ),
    "line_exact_oracle",
    "line_similarity_oracle",
    "line_exact",
    "line_similarity",
]
COUNT = 12


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return tiny_corpus(COUNT)


@pytest.fixture(scope="module")
def perfect(corpus: Corpus) -> GPT:
    return overfit(tiny_model("modern"), corpus, steps=250)


@pytest.fixture(scope="module")
def evaluation(perfect: GPT, corpus: Corpus) -> Evaluation:
    natural = corpus.take(np.arange(0, COUNT, 2))
    tests = {"balanced": corpus, "natural": natural}
    return evaluate(perfect, tests, corpus, seed=0, line_programs=5)


def value(evaluation: Evaluation, measure: str, subset: str, test_set: str = "balanced") -> float:
    table = evaluation.measures.set_index(["test_set", "subset", "measure"])["value"]
    return float(table[test_set, subset, measure])


def test_a_model_that_knows_the_programs_gets_100(evaluation: Evaluation, corpus: Corpus) -> None:
    assert value(evaluation, "execution_exact", "macro") == 100
    assert value(evaluation, "execution_expected", "macro") > 90
    for subset in ("all", "easy", "medium", "hard"):
        greedy, ceiling = ("execution_paper_greedy", "execution_paper_ceiling")
        assert value(evaluation, greedy, subset) == value(evaluation, ceiling, subset)
    balanced = evaluation.programs[evaluation.programs["test_set"] == "balanced"]
    assert balanced["prediction"].tolist() == [corpus.answer(p) for p in range(COUNT)]
    assert value(evaluation, "token_accuracy_output", "all") == 100
    assert value(evaluation, "token_accuracy", "all") < 100  # initial values cannot be known


def test_rows_are_the_contracts(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    columns = ["test_set", "subset_kind", "subset", "measure", "value", "n"]
    assert measures.columns.tolist() == columns
    assert measures["value"].between(0, 100).all() and (measures["n"] > 0).all()
    assert not measures.duplicated(["test_set", "subset", "measure"]).any()
    balanced = measures[measures["test_set"] == "balanced"]
    for subset in ("all", "macro", "easy", "medium", "hard"):
        assert set(balanced.loc[balanced["subset"] == subset, "measure"]) == set(MEASURES)
    assert set(measures["subset_kind"]) == {"all", "macro", "bucket", "level"}
    assert "macro" not in set(measures.loc[measures["test_set"] == "natural", "subset"])
    assert len(evaluation.programs) == COUNT + COUNT // 2


def test_macro_is_the_mean_of_the_buckets(corpus: Corpus) -> None:
    right = np.r_[np.ones(4), 1, 0, 0, 0, np.zeros(4)]
    rows = measure_rows({"m": Tally(right, np.ones(COUNT))}, corpus, macro=True)
    values = rows.set_index("subset")["value"]
    assert [values["easy"], values["medium"], values["hard"]] == [100, 25, 0]
    assert values["macro"] == pytest.approx(125 / 3)
    weighted = Tally(right, np.r_[np.full(4, 2.0), np.ones(8)])  # shares of unequal numbers
    rows = measure_rows({"m": weighted}, corpus, macro=True).set_index("subset")
    assert rows.loc["macro", "value"] == 25 and rows.loc["macro", "n"] == 16
    assert rows.loc["all", "value"] == pytest.approx(100 * 5 / 16)


def test_levels_add_up_to_all(evaluation: Evaluation) -> None:
    rows = evaluation.measures.query("test_set == 'balanced' and measure == 'token_expected'")
    levels = rows[rows["subset_kind"] == "level"]
    mean = np.average(levels["value"], weights=levels["n"])
    assert mean == pytest.approx(rows.loc[rows["subset"] == "all", "value"].item())


def test_characters_that_count(perfect: GPT, corpus: Corpus) -> None:
    ngram = np.zeros(len(corpus.tokens), dtype=bool)
    ngram[corpus.offsets[1:] - 3] = True  # the last character that counts, of every program
    tallies = token_tallies(score(perfect, corpus), corpus, ngram)
    for program in range(COUNT):
        prompt, answer = corpus.prompt(program), corpus.answer(program)
        assert tallies["token_accuracy_program"].of[program] == len(prompt) - 1
        assert tallies["token_accuracy_output"].of[program] == len(answer) - 2
        assert tallies["token_ngram_output"].right[program] == tallies["token_ngram"].right[program]
        assert tallies["token_ngram"].right[program] == 1


def test_one_seed_gives_one_evaluation(corpus: Corpus) -> None:
    model, tests = tiny_model("paper"), {"balanced": corpus}
    first, again, other = (evaluate(model, tests, corpus, seed=seed) for seed in (0, 0, 1))
    assert first.measures.equals(again.measures) and first.programs.equals(again.programs)
    greedy = ["exact", "prediction"]
    assert first.programs[greedy].equals(other.programs[greedy])


def test_majority_answer() -> None:
    train = corpus_of(("print(1)", "1"), ("print(2)", "2"), ("a = 2\nprint(a)", "2"))
    assert majority_answer(train) == "\n# 2\n\n"
    test = corpus_of(("print(3)", "3"), ("b = 2\nprint(b)", "2"))
    assert has_answer(test, majority_answer(train)).tolist() == [False, True]


def plain_ngram(train: Corpus, text: str, order: int) -> list[bool]:
    """Return which characters of `text` an n-gram with backoff predicts, the slow way."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for record in map(train.text, range(len(train))):
        for place in range(1, len(record)):
            for length in range(min(order - 1, place) + 1):
                counts[record[place - length : place]][record[place]] += 1
    right = [False]
    for place in range(1, len(text)):
        contexts = (text[start:place] for start in range(max(0, place - order + 1), place + 1))
        best = counts[next(context for context in contexts if context in counts)]
        right.append(min(best, key=lambda each: (-best[each], each)) == text[place])
    return right


def test_ngram_equals_plain_counting() -> None:
    train, test = tiny_corpus(30, seed=1), tiny_corpus(20, seed=2)
    expected = [plain_ngram(train, test.text(program), order=4) for program in range(20)]
    assert train_ngram(train, order=4).correct(test).tolist() == sum(expected, [])


def test_ngram_beats_the_single_characters() -> None:
    train, test = tiny_corpus(300, seed=1), tiny_corpus(60, seed=2)
    unigram, ngram = (train_ngram(train, order=n).correct(test).mean() for n in (1, 6))
    assert ngram > 2 * unigram

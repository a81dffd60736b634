"""The probe scores validation programs of every difficulty in a bucket, not the first ones."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from refusals import refusal
from tiny import tiny_model
from worlds import World

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.model.scoring import execution_exact, score
from cl_utils.training.probes import Probe


def test_a_probe_spans_the_difficulty_of_its_bucket(world: World) -> None:
    probe = Probe(world.train, torch.device("cpu"))
    for code, bucket in enumerate(BUCKETS):
        everything = world.train.overall_metric[world.train.buckets == code]
        probed, _ = probe.programs(bucket, 50)
        assert len(probed) == 50 and (probed.buckets == code).all()
        # evenly spaced in the order of difficulty: the means differ by less than a tenth
        assert probed.overall_metric.mean() == pytest.approx(everything.mean(), rel=0.1)


def test_accuracies_are_those_of_the_buckets_asked_for(world: World) -> None:
    model = tiny_model("modern", noise=0.2)
    probe = Probe(world.validation, torch.device("cpu"))
    both = probe.accuracy(model, ("easy", "hard"))
    assert set(both) == {"easy", "hard"} and model.training
    exact = execution_exact(score(model, world.validation), world.validation)
    hard = world.validation.buckets == BUCKETS.index("hard")
    assert both["hard"] == pytest.approx(np.mean(exact[hard]))


def test_the_output_loss_is_the_mean_over_the_characters_of_the_outputs(world: World) -> None:
    model = tiny_model("modern", noise=0.2)
    seen = Probe(world.validation, torch.device("cpu")).measure(model, ("easy",))["easy"]
    easy = world.validation.take(np.flatnonzero(world.validation.buckets == 0))
    scores = score(model, easy)
    assert seen.output_loss == pytest.approx(-scores.log_probability[easy.is_answer()].mean())


@pytest.mark.parametrize(
    ("buckets", "why"),
    [
        ("easy", "buckets to probe are 'easy', one text: give a tuple of names"),
        (("esay",), "bucket to probe='esay' does not exist (did you mean 'easy'?)"),
        ((0,), "bucket to probe=0 does not exist"),
    ],
)
def test_what_a_schedule_asks_to_probe_has_to_be_buckets(
    buckets: object, why: str, world: World
) -> None:
    probe = Probe(world.validation, torch.device("cpu"))
    assert why in refusal(lambda: probe.measure(tiny_model("modern"), buckets))  # type: ignore[arg-type]

"""Optimisers and learning rates: the paper's steps, the straight line, and who updates what."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from worlds import same_weights

from cl_utils.model.gpt import GPT, ModelConfig, build
from cl_utils.training.muon import Muon, orthogonal
from cl_utils.training.optimisers import Optimisers, cycle_of, learning_rate_factor, step_together
from cl_utils.training.recipes import FAST, PAPER, Recipe

both = pytest.mark.parametrize("recipe", [PAPER, FAST], ids=lambda recipe: recipe.name)
MATRICES = (
    "attention.query_key_value.weight",
    "attention.project.weight",
    "feed_forward.grow.weight",
    "feed_forward.shrink.weight",
)


def small(recipe: Recipe, seed: int = 0) -> GPT:
    """Return a small model in the recipe's style."""
    return build(ModelConfig(layers=2, heads=2, width=16, context=32, blocks=recipe.blocks), seed)


def learn(model: GPT, optimisers: Optimisers, steps: int, factor: float = 1.0) -> None:
    """Take steps on one fixed row of characters."""
    tokens = torch.arange(24)[None] % 53
    for _ in range(steps):
        logits: Tensor = model(tokens)
        loss = logits.log_softmax(-1)[0, :-1].gather(1, tokens[0, 1:, None]).mean().neg()
        loss.backward()  # type: ignore[no-untyped-call]
        optimisers.step(factor)


@pytest.mark.parametrize("length", [20_000, 30_000, 40_000, 70_000, 120_000])
@pytest.mark.parametrize("start", [0, 50_000])
def test_the_papers_rate_falls_tenfold_at_70_80_and_90_percent(start: int, length: int) -> None:
    cycle = (start, start + length)
    for tenths, factors in ((7, (1.0, 0.1)), (8, (0.1, 0.01)), (9, (0.01, 0.001))):
        step = start + length * tenths // 10
        found = [learning_rate_factor(each, cycle, PAPER) for each in (step - 1, step)]
        assert found == pytest.approx(factors)
    assert learning_rate_factor(start, cycle, PAPER) == 1.0  # no warm-up


def test_the_fast_rate_rises_over_the_warm_up_and_falls_straight_to_zero() -> None:
    rates = [learning_rate_factor(step, (100, 1100), FAST) for step in range(100, 1100)]
    assert rates[:20] == pytest.approx([(place + 1) / 20 for place in range(20)])
    assert rates[20:] == pytest.approx([(1000 - place) / 980 for place in range(20, 1000)])
    assert max(rates) == 1.0 and 0 < rates[-1] < 0.002


@both
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_rate_of_the_shortest_runs_is_still_a_share(recipe: Recipe, steps: int) -> None:
    factors = [learning_rate_factor(step, (0, steps), recipe) for step in range(steps)]
    assert all(0 < factor <= 1 for factor in factors)


def test_a_cycle_lasts_from_its_boundary_to_the_next() -> None:
    boundaries = [0, 20, 50]
    cycles = [cycle_of(step, boundaries, 120) for step in (0, 19, 20, 49, 50, 119)]
    assert cycles == [(0, 20), (0, 20), (20, 50), (20, 50), (50, 120), (50, 120)]
    assert cycle_of(119, [0], 120) == (0, 120)


def test_a_restart_begins_the_rate_anew() -> None:
    boundaries = [0, 20_000, 50_000]
    rates = [
        learning_rate_factor(step, cycle_of(step, boundaries, 120_000), PAPER)
        for step in (19_999, 20_000, 49_999, 50_000, 119_999)
    ]
    assert rates == pytest.approx([0.001, 1.0, 0.001, 1.0, 0.001])


def updated_by(member: torch.optim.Optimizer, model: GPT) -> set[str]:
    """Return the names of the parameters that an optimiser updates."""
    mine = {id(p) for group in member.param_groups for p in group["params"]}
    return {name for name, parameter in model.named_parameters() if id(parameter) in mine}


def test_muon_gets_the_matrices_of_the_blocks_and_adamw_all_the_rest() -> None:
    model = small(FAST)
    adamw, muon = Optimisers(model, FAST).members
    expected = {f"blocks.{layer}.{name}" for layer in range(2) for name in MATRICES}
    assert isinstance(muon, Muon) and updated_by(muon, model) == expected
    names = {name for name, _ in model.named_parameters()}
    assert isinstance(adamw, torch.optim.AdamW) and updated_by(adamw, model) == names - expected


def random_gradients(matrices: list[nn.Parameter], seed: int) -> None:
    """Give matrices the gradients of one seed."""
    generator = torch.Generator().manual_seed(seed)
    for matrix in matrices:
        matrix.grad = torch.randn(matrix.shape, generator=generator)


def test_muon_is_that_of_pytorch_for_wide_tall_and_square_matrices() -> None:
    shapes = [(16, 16), (48, 16), (16, 64), (48, 16)]
    ours, theirs = ([nn.Parameter(torch.ones(shape)) for shape in shapes] for _ in "12")
    mine, pytorchs = Muon(ours, lr=0.02), torch.optim.Muon(theirs, lr=0.02, weight_decay=0.0)
    for step in range(20):
        for matrices, optimiser in ((ours, mine), (theirs, pytorchs)):
            random_gradients(matrices, step)
            optimiser.step()
    for first, second in zip(ours, theirs, strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=1e-6)


def test_muons_update_has_singular_values_near_one() -> None:
    updates = orthogonal(torch.randn(5, 12, 32, generator=torch.Generator().manual_seed(0)))
    values = torch.linalg.svdvals(updates.float())
    assert 0.5 < values.min() and values.max() < 1.5


def test_a_matrix_without_a_gradient_stays() -> None:
    moved, still = (nn.Parameter(torch.ones(8, 8)) for _ in "12")
    random_gradients([moved], 0)
    Muon([moved, still], lr=0.1).step()
    assert (still == 1).all() and not (moved == 1).all()


@both
def test_a_step_together_is_each_ones_own_step_at_its_own_rate(recipe: Recipe) -> None:
    factors = (1.0, 0.1, 0.1)
    alone, together = ([small(recipe, seed) for seed in range(3)] for _ in "12")
    members = [Optimisers(model, recipe) for model in together]
    singles = [Optimisers(model, recipe) for model in alone]
    for step in range(4):
        for models in (alone, together):
            for model in models:
                random_gradients(list(model.parameters()), step)
        step_together(members, factors)
        for optimisers, factor in zip(singles, factors, strict=True):
            optimisers.step(factor)
    for first, second in zip(alone, together, strict=True):
        for ours, others in zip(first.parameters(), second.parameters(), strict=True):
            torch.testing.assert_close(ours, others, rtol=0, atol=1e-6)
    assert not same_weights(together[0], together[1])


def test_the_papers_adamw_gets_everything_with_pytorchs_defaults() -> None:
    model = small(PAPER)
    (adamw,) = Optimisers(model, PAPER).members
    assert updated_by(adamw, model) == {name for name, _ in model.named_parameters()}
    group, default = adamw.param_groups[0], torch.optim.AdamW([torch.zeros(1)]).param_groups[0]
    kept = ("lr", "betas", "eps", "weight_decay", "amsgrad")
    assert [group[key] for key in kept] == [default[key] for key in kept]


@both
def test_a_factor_of_zero_moves_nothing_and_gradients_are_cleared(recipe: Recipe) -> None:
    model, before = small(recipe), small(recipe)
    learn(model, Optimisers(model, recipe), steps=1, factor=0.0)
    assert same_weights(model, before)
    assert all(parameter.grad is None for parameter in model.parameters())
    learn(model, Optimisers(model, recipe), steps=1)
    assert not same_weights(model, before)


def test_a_step_of_adamw_is_as_long_as_its_rate() -> None:
    """Adam's first step is the rate times the gradient's sign, apart from decay and epsilon."""
    model, before = small(PAPER), small(PAPER)
    learn(model, Optimisers(model, PAPER), steps=1, factor=0.1)
    moved = (model.head.bias - before.head.bias).abs()
    assert moved.max().item() == pytest.approx(1e-4, rel=0.01)


@both
def test_restored_optimisers_continue_exactly(recipe: Recipe) -> None:
    model = small(recipe)
    optimisers = Optimisers(model, recipe)
    learn(model, optimisers, steps=3, factor=0.5)
    twin, forgetful = copy.deepcopy(model), copy.deepcopy(model)
    resumed, fresh = Optimisers(twin, recipe), Optimisers(forgetful, recipe)
    resumed.restore(copy.deepcopy(optimisers.state()))  # type: ignore[arg-type]
    for each, its in ((model, optimisers), (twin, resumed), (forgetful, fresh)):
        learn(each, its, steps=3)
    assert same_weights(model, twin)
    assert not same_weights(model, forgetful)

"""Arms: one set of promises for all of them, and every mistake in their file is one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from refusals import refusal
from test_loop import assert_same_run, killed_at
from worlds import ONE_A_KIND, World, quiet, same_weights, small_run, trained

from cl_utils.curriculum import arm_facts as facts_module
from cl_utils.curriculum import arms as module
from cl_utils.curriculum.arm_facts import ArmFacts, arm_facts, facts_of
from cl_utils.curriculum.arms import (
    FACTS,
    Arm,
    Recorded,
    arm_named,
    arms,
    schedule_of,
)
from cl_utils.curriculum.relabelling import relabelled
from cl_utils.curriculum.schedules import ALL, Stage, Staged
from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.errors import StudyError
from cl_utils.paths import PARAMS
from cl_utils.study.contradictions import check_arms
from cl_utils.study.params import notebook_params
from cl_utils.training import loop
from cl_utils.training.assembly import make_batcher, make_trainer
from cl_utils.training.loop import train
from cl_utils.training.run import Run

RECORDED: Recorded = [(0, {"easy": 1.0}), (5, dict.fromkeys(BUCKETS, 1 / 3))]
# Metrics reach a run as a relabelled corpus (test_relabelling.py) or as ranks (test_orders.py): one
# arm with other labels stands for all.
ONE_EACH = [name for name in arms() if arm_named(name).metrics in ((), ("random",))]


def small(name: str, recipe: str = "fast", seed: int = 0) -> Run:
    """Return a small run of an arm; a yoked one replays `RECORDED`."""
    run = small_run(recipe, name, seed=seed)
    return replace(run, recorded=RECORDED) if run.arm.yoked else run


EVERY_RECIPE = ("baseline", "hybrid", "hybrid-shuffled", "mastery")
"""One arm of a kind, for the recipes that differ from `fast` in nothing that an arm touches."""
OF_WINDOWS = (
    *EVERY_RECIPE,
    *("no-output", "random-buckets", "yoked-mastery", "competence", "progress"),
    *("baseline-restarts", "hybrid-shuffled-restarts", "incremental-by-random"),
    "baseline-budget10",
)
"""One arm for each thing that is done to windows: the schedule itself is the same as of `fast`."""
SMALL_BUDGETS = ("baseline-budget10", "hybrid-budget30", "hybrid-shuffled-budget30")
"""Of the arms of smaller budgets, one that draws, one that restarts and one that shuffles."""
OF_PROGRAMS = [name for name in ONE_EACH if arm_named(name).budget == 1.0 or name in SMALL_BUDGETS]
ARMS_OF = {"paper": OF_WINDOWS, "fast": OF_PROGRAMS}
PAIRS = [(name, recipe) for recipe in ONE_A_KIND for name in ARMS_OF.get(recipe, EVERY_RECIPE)]


@pytest.mark.parametrize(("name", "recipe"), PAIRS)
def test_every_arm_keeps_its_budget_its_seed_and_its_way_after_a_kill(
    name: str, recipe: str, coded_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, path = small(name, recipe), tmp_path / "checkpoint.pt"
    programs = coded_world.train
    if run.arm.bucket_metric:
        programs = relabelled(programs, np.random.default_rng(0).random(len(programs)))
    corpora = (programs, coded_world.validation)
    # A curve of 12 points takes as long as the training; test_loop.py has those.
    monkeypatch.setattr(loop, "curve_steps", lambda steps: {1, steps})
    first = train(run, *corpora, report=quiet)
    assert first.characters == run.budget * run.characters_per_step
    assert run.budget == max(1, round(12 * run.arm.budget))
    assert first.mixes[0][0] == 0
    for _, mix in first.mixes:
        assert sum(mix.values()) == pytest.approx(1.0)
    with killed_at(min(3, run.budget - 1)), monkeypatch.context() as patch:
        patch.setattr(loop, "CHECKPOINT_SECONDS", 0.0)
        train(run, *corpora, checkpoint=path, report=quiet)
    again = train(run, *corpora, checkpoint=path, report=quiet)
    assert_same_run(first, again)
    assert again.mixes == first.mixes
    begun, other = (make_trainer(replace(run, seed=seed), *corpora).model for seed in (0, 1))
    assert not same_weights(begun, other)


@pytest.mark.parametrize("name", arms())
def test_every_arm_follows_a_schedule_over_its_budget(name: str) -> None:
    arm = arm_named(name)
    schedule = schedule_of(arm, 100, recorded=RECORDED)
    assert schedule.steps == 100 and schedule.stage(0) and schedule.mix(99)


def test_a_yoked_arm_draws_what_was_recorded(world: World) -> None:
    recorded = trained(small("mastery", seed=1), world).mixes
    run = replace(small_run("fast", "yoked-mastery"), recorded=recorded)
    result = trained(run, world)
    assert result.mixes == recorded and set(result.history["stage"]) == {"replayed"}


def test_a_yoked_arm_without_a_record_is_refused(world: World) -> None:
    with pytest.raises(StudyError, match="no record of 12 steps: train the adaptive arm"):
        make_trainer(small_run("fast", "yoked-mastery"), world.train, world.validation)


def test_progress_draws_most_where_the_loss_falls_fastest(world: World) -> None:
    run = replace(small("progress"), steps=40)
    mixes = trained(run, world).mixes
    assert len(mixes) > 20 and mixes[0][1] == pytest.approx(dict.fromkeys(BUCKETS, 1 / 3))
    assert max(step for step, _ in mixes) <= 32  # frozen after 80 %
    assert all(min(mix.values()) >= 0.2 / 3 for _, mix in mixes)


def test_permuted_buckets_differ_by_seed_and_reversed_ones_turn_the_direction(
    world: World,
) -> None:
    def first_programs(name: str, seed: int) -> np.ndarray:
        trainer = make_trainer(small(name, seed=seed), world.train, world.validation)
        return trainer.batcher.corpus.overall_metric[:150]  # type: ignore[attr-defined,no-any-return]

    assert first_programs("hybrid", 0).max() < first_programs("anti-hybrid", 0).min()
    one, two = first_programs("random-buckets", 0), first_programs("random-buckets", 1)
    assert not np.array_equal(one, two)
    spread = np.ptp(world.train.overall_metric)
    assert np.ptp(one) == pytest.approx(spread, rel=0.3)


def test_a_model_that_never_sees_outputs_learns_none(world: World) -> None:
    history = trained(small("no-output"), world).history
    assert history[[f"loss_{bucket}" for bucket in BUCKETS]].isna().all(axis=None)
    assert history["loss"].notna().all()


def test_an_arm_by_another_metric_draws_from_its_buckets(world: World) -> None:
    corpus = relabelled(world.train, world.train.lengths)
    batcher = make_batcher(small("incremental-by-characters"), corpus)
    easy = batcher.draw({"easy": 1.0})
    shortest = np.sort(world.train.lengths)[149]
    assert easy.programs[0] >= 384 // shortest and easy.programs[1:].sum() == 0


@pytest.fixture
def arms_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A separate arms file; the repository's is read again afterwards."""
    path = tmp_path / "arms.yaml"
    monkeypatch.setattr(module, "ARMS", path)
    monkeypatch.setattr(facts_module, "ARMS", path)
    for read in (arms, arm_facts):
        read.cache_clear()
    yield path
    for read in (arms, arm_facts):
        read.cache_clear()


FACTS_OF_MINE = "description: d, group: other, colour: '#123456'"


@pytest.mark.parametrize(
    ("mine", "words"),
    [
        ("yoked: warmup", ["arm mine replays warmup", "name an adaptive arm"]),
        ("yoked: shuffled", ["arm mine replays shuffled", "name an adaptive arm"]),
        ("yoked: mastery, labels: permuted", ["has labels='permuted', and that has 'study'"]),
        ("yoked: mastery, outputs: false", ["has outputs=False, and that has True"]),
        ("yoked: mastery, restarts: hybrid", ["has restarts='hybrid', and that has ''"]),
        ("budget: 0.104", ["arm mine: budget=0.104 is no whole percent"]),
        ("budget: 0.001", ["arm mine: budget=0.001 is no whole percent"]),
    ],
)
def test_an_arm_that_is_not_what_it_is_called_is_refused_before_it_trains(
    mine: str, words: list[str], arms_file: Path
) -> None:
    """Recorded mixes of an arm in another order say nothing of what it drew."""
    others = {
        **{"baseline": "", "mastery": "schedule: mastery, ", "warmup": "schedule: warmup, "},
        "shuffled": "schedule: hybrid, order: shuffled, ",
    }
    lines = [f"{name}: {{{fields}{FACTS_OF_MINE}}}" for name, fields in others.items()]
    arms_file.write_text("\n".join([*lines, f"mine: {{{mine}, {FACTS_OF_MINE}}}"]))
    seeds = dict.fromkeys([*others, "mine"], range(1))
    sentence = refusal(lambda: check_arms("baseline", seeds))
    assert all(word in sentence for word in words), sentence


def test_a_study_without_the_baseline_is_refused() -> None:
    assert "lacks baseline" in refusal(lambda: check_arms("hybrid", {"hybrid": range(3)}))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("mine: {shedule: hybrid}", ["field of arm mine='shedule'", "did you mean 'schedule'?"]),
        ("mine: {schedule: hybird}", ["arm mine: schedule='hybird'", "did you mean 'hybrid'?"]),
        ("mine: {restarts: hybird}", ["arm mine: restarts='hybird' does not exist"]),
        ("mine: {restarts: mastery}", ["arm mine restarts by mastery", "no stages"]),
        ("mine: {budget: 2.0}", ["arm mine: budget=2.0", "less than or equal to 1"]),
        ("mine: {budget: .nan}", ["arm mine: budget='.nan'", "number"]),
        ("mine: {outputs: 'no way'}", ["arm mine: outputs='no way'", "true or false"]),
        ("mine: {order: competence}", ["arm mine sorts by competence", "no stages"]),
        ("mine: {schedule: mastery, order: shuffled}", ["arm mine", "only after training"]),
        ("mine: {yoked: mastrey}\nmastery: {}", ["yoked='mastrey'", "did you mean 'mastery'?"]),
        ("mine: {yoked: mine}", ["arm mine replays mine"]),
        ("mine: {yoked: other, budget: 0.5}\nother: {}", ["name an arm with budget=0.5"]),
        ("mine: {", ["is not YAML, line 1"]),
        ("mine: {}\nmine: {}", ["line 2: mine appears twice"]),
        ("mine: 3", ["arm mine is 3", "schedule, restarts"]),
        ("mine:", ["arm mine is None", "description, group, control_of, colour"]),
        ("2024: {}", ["a name is text"]),
        ("$(touch x): {}", ["arm='$(touch x)' is no name"]),
        ("", ["is empty"]),
    ],
)
def test_a_mistake_in_the_arms_file_is_one_sentence(
    arms_file: Path, written: str, words: list[str]
) -> None:
    arms_file.write_text(written)
    sentence = refusal(arms)
    assert all(word in sentence for word in words), sentence


def test_a_missing_arms_file_and_a_missing_arm_are_named(arms_file: Path) -> None:
    assert str(arms_file) in refusal(arms)
    arms_file.write_text(f"mine: {SAID}")
    for look in (arm_named, facts_of):
        assert "arm='yours' does not exist: choose one of mine" in refusal(
            lambda look=look: look("yours")
        )
    assert arm_named("mine") == Arm()


SAID = "{description: what it is, group: other, colour: '#123456'}"


def test_every_arm_has_a_description_a_group_and_a_colour() -> None:
    assert list(arm_facts()) == list(arms())
    assert {field.name for field in fields(ArmFacts)} == set(FACTS)
    for name, facts in arm_facts().items():
        assert facts.description and not facts.description.endswith("."), name
        assert name not in (facts.control_of, arm_named(name).yoked_to)


def test_what_is_said_of_an_arm_is_no_part_of_what_is_trained(arms_file: Path) -> None:
    arms_file.write_text(f"mine: {SAID}")
    before = repr(arm_named("mine")), asdict(arm_named("mine"))
    arms_file.write_text(f"mine: {SAID.replace('#123456', '#654321').replace('other', 'smooth')}")
    arms.cache_clear()
    assert (repr(arm_named("mine")), asdict(arm_named("mine"))) == before
    assert not set(FACTS) & set(asdict(Arm()))


def test_labels_that_do_not_exist_are_refused_before_training(arms_file: Path) -> None:
    """Not by the file's reader, or every run would count as changed when a metric is added."""
    said = SAID.replace("{", "{labels: charcters, ")
    arms_file.write_text(f"mine: {said}")
    sentence = refusal(lambda: notebook_params(plan_of("mine")))
    assert "arm mine: labels='charcters' does not exist (did you mean 'characters'?)" in sentence


def test_an_order_by_a_metric_that_does_not_exist_is_refused_before_training(
    arms_file: Path,
) -> None:
    said = SAID.replace("{", "{order: easy-to-hard, order_metric: charcters, ")
    arms_file.write_text(f"mine: {said}")
    sentence = refusal(lambda: notebook_params(plan_of("mine")))
    assert "arm mine: order_metric='charcters' does not exist" in sentence
    assert "did you mean 'characters'?" in sentence


@pytest.mark.parametrize("lacking", ["mine", "baseline"])
def test_an_arm_of_a_smaller_budget_without_its_counterparts_is_refused_before_training(
    lacking: str, arms_file: Path
) -> None:
    tenth, mine = (
        SAID.replace("{", f"{{{given}, ") for given in ("budget: 0.1", "schedule: hybrid")
    )
    written = {
        **{"baseline": SAID, "baseline-tenth": tenth, "mine": mine},
        "mine-tenth": mine.replace("{", "{budget: 0.1, "),
    }
    arms_file.write_text("\n".join(f"{name}: {said}" for name, said in written.items()))
    assert notebook_params(plan_of("mine-tenth")).arm == "mine-tenth"
    left_out = {"mine": "mine", "baseline": "baseline-tenth"}[lacking]
    said = [f"{name}: {said}" for name, said in written.items() if name != left_out]
    arms_file.write_text("\n".join(said))
    for read in (arms, arm_facts):
        read.cache_clear()
    sentence = refusal(lambda: notebook_params(plan_of("mine-tenth")))
    assert "has no counterpart with budget=" in sentence and "add one" in sentence


def plan_of(arm: str) -> dict[str, object]:
    """Return the smoke profile's parameters with this arm alone."""
    plan = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))
    return {**plan, "arms": {arm: 1, "baseline": 1}, "arm": arm, "contrasts": []}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("colour: '#123456'", ""), ["arm mine: colour is missing", "#0072B2"]),
        (("'#123456'", "blue"), ["arm mine: colour='blue' is not allowed", "#0072B2"]),
        (("group: other", "group: others"), ["group='others'", "paper, smooth, order"]),
        (("description: what it is", "control_of: yours"), ["description is missing"]),
        (("group", "control_of: yours, group"), ["control_of='yours' does not exist"]),
    ],
    ids=str,
)
def test_an_arm_that_lacks_a_fact_fails_before_it_is_trained(
    arms_file: Path, changes: tuple[str, str], words: list[str]
) -> None:
    arms_file.write_text(
        f"baseline: {SAID}\nmine: {SAID}".replace(*changes).replace(
            f"baseline: {SAID.replace(*changes)}", f"baseline: {SAID}"
        )
    )
    for read in (arm_facts, lambda: notebook_params(plan_of("mine"))):
        sentence = refusal(read)
        assert all(word in sentence for word in words), sentence


def finish(steps: int, *, hardest_share: float = 0.5) -> Staged:
    """The README's example: everything, and hard programs alone at the end."""
    everything = Stage(name="all", share=0.85, mix=ALL)
    return Staged(steps, (everything, Stage(name="hard", share=0.15, mix={"hard": 1.0})))


CONTRADICTIONS = [
    (Arm(yoked="mastery", order="shuffled"), "order='shuffled' have no say: leave both out"),
    (Arm(yoked="mastery", schedule="hybrid"), "replays the mixes of mastery, so that schedule"),
    (Arm(order="finish"), "by finish, whose stage 'all', which is not the last, takes from 'all'"),
    (Arm(schedule="easy-only", order="sequential"), "stage 'medium' takes medium programs"),
    (Arm(schedule="hard-only", order="incremental"), "stage 'easy' takes easy programs, of which"),
    (Arm(schedule="mastery", order="shuffled"), "only after training"),
    (Arm(order="folding-up"), "arm mine: order='folding-up' does not exist"),
    (Arm(order="shufled"), "arm mine: order='shufled' does not exist (did you mean 'shuffled'?)"),
    (Arm(restarts="hybird"), "arm mine: restarts='hybird' does not exist (did you mean 'hybrid'?)"),
    (Arm(schedule=""), "arm mine: schedule='' does not exist"),
    (Arm(schedule="hybird"), "arm mine: schedule='hybird' does not exist (did you mean 'hybrid'?)"),
]


@pytest.mark.parametrize(("arm", "why"), CONTRADICTIONS)
def test_controls_that_exclude_one_another_are_refused_in_the_file_and_in_a_notebook(
    arm: Arm, why: str, arms_file: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SCHEDULES", {**module.SCHEDULES, "finish": finish})
    arms_file.write_text("baseline: {}")
    run = replace(small_run("fast"), name="mine", arm=arm, recorded=RECORDED)
    sentence = refusal(lambda: make_trainer(run, world.train, world.validation))
    assert why in sentence and sentence.startswith("arm mine")
    changed = {name: value for name, value in asdict(arm).items() if value != asdict(Arm())[name]}
    arms_file.write_text(yaml.safe_dump({"mine": changed, "mastery": {}}))
    arms.cache_clear()
    assert sentence in refusal(arms)


def test_an_arm_sorts_what_is_drawn_as_far_as_it_goes(world: World) -> None:
    """Half of the steps would take easy programs, and a third of the programs are easy."""

    def greedy(steps: int, *, hardest_share: float) -> Staged:
        shares = {"easy": 0.5, "easier": 0.2, "all": 0.3}
        mixes = {"easy": {"easy": 1.0}, "easier": {"easy": 1.0}, "all": ALL}
        return Staged(steps, tuple(Stage(name=n, share=s, mix=mixes[n]) for n, s in shares.items()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SCHEDULES", {**module.SCHEDULES, "greedy": greedy})
        run = replace(small_run("fast"), name="mine", arm=Arm(order="greedy"))
        sentence = refusal(lambda: make_batcher(run, world.train))
    assert "stage 'easier' of the order finds none of its programs left" in sentence


FACTORIES = {
    "without a share": (lambda steps: finish(steps), "let it take (steps, *, hardest_share)"),
    "nothing": (lambda steps, *, hardest_share: None, "is None, which has no steps: return"),
    "a tuple": (lambda steps, *, hardest_share: (1, 2), "is (1, 2), which has no steps: return"),
    "no factory": (3, "cannot be made (3 is not a callable object)"),
    "other steps": (
        lambda steps, *, hardest_share: finish(50),
        "has 50 steps, not the 100 that it was asked for",
    ),
}


@pytest.mark.parametrize("name", FACTORIES)
def test_what_makes_no_schedule_is_refused_by_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory, why = FACTORIES[name]
    monkeypatch.setattr(module, "SCHEDULES", {name: factory})
    sentence = refusal(lambda: module.schedule_named(name, 100))
    assert sentence.startswith(f"schedule {name!r}") and why in sentence

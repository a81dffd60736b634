"""Arms: what is compared. A schedule, and the controls that tell its parts apart.

In: params/study/arms.yaml, where every arm stands as data. Out: `Arm`s, and the schedules that they
name; what is only said of arms is in `arm_facts`. To add a schedule, write a function steps ->
Schedule (about ten lines in `schedules` or `adaptive`), enter it in `SCHEDULES` and name an arm in
the file; every invariant test, the params files and the figures then know it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError
from pydantic.dataclasses import dataclass as validated

from cl_utils.curriculum import adaptive, schedules
from cl_utils.curriculum.interface import Mix, Schedule, ScheduleFactory, made_by
from cl_utils.curriculum.orders import ORDERS
from cl_utils.curriculum.schedules import Staged
from cl_utils.errors import StudyError
from cl_utils.names import check_name, listed, shown, unknown
from cl_utils.paths import ARMS
from cl_utils.validation import Wording, refusal_of
from cl_utils.yaml_files import read_mapping

SCHEDULES: Mapping[str, ScheduleFactory] = {
    "baseline": schedules.baseline,
    "sequential": schedules.sequential,
    "incremental": schedules.incremental,
    "hybrid": schedules.hybrid,
    "competence": schedules.Competence,
    "combined": schedules.combined,
    "warmup": schedules.warmup,
    "stratified": schedules.stratified,
    "easy-only": schedules.easy_only,
    "hard-only": schedules.hard_only,
    "mastery": adaptive.Mastery,
    "progress": adaptive.Progress,
}
DRAWN, SHUFFLED = "drawn", "shuffled"  # others: names in `ORDERS`, or of schedules with stages
STUDY, PERMUTED, REVERSED = "study", "permuted", "reversed"  # the other labels are metrics
MANY = 1_000_000  # steps for which an arm's schedules are checked: no stage is too short for them
FACTS = ("description", "group", "control_of", "colour")  # fields of the file for `arm_facts`


@validated(frozen=True, kw_only=True, config={"strict": True, "extra": "forbid"})
class Arm:
    """Everything in which the runs of a study differ, but for the seed.

    schedule: what is drawn when, a name in `SCHEDULES`.
    restarts: the schedule at whose stages a new optimiser and learning-rate cycle begin; "": never.
    order: "drawn"; "shuffled", the same programs in random order; a name in `ORDERS`, the same
    programs in that order of difficulty; or a schedule's, easiest first in its stages.
    order_metric: the metric whose order a name in `ORDERS` means; "": the study's.
    labels: what sorts training programs into easy, medium and hard: the "study"'s buckets, these
    "permuted" or "reversed", or a metric (buckets of the same sizes).
    outputs: whether the training text has the programs' outputs.
    yoked: the adaptive arm whose mixes, recorded with another seed, are drawn; "": none.
    budget: the share of the profile's steps.
    """

    schedule: str = "baseline"
    restarts: str = ""
    order: str = DRAWN
    order_metric: str = ""
    labels: str = STUDY
    outputs: bool = True
    yoked: str = ""
    budget: float = Field(default=1.0, gt=0, le=1)

    @property
    def restarts_at(self) -> str | None:
        """The schedule at whose stages a new optimiser and learning-rate cycle begin, if any."""
        return self.restarts or None

    @property
    def sorted_by(self) -> str | None:
        """The schedule in whose stages the programs are put, easiest first, if any."""
        return None if self.order in (DRAWN, SHUFFLED, *ORDERS) else self.order

    @property
    def bucket_metric(self) -> str | None:
        """The metric that makes the buckets; None: they are the study's, whatever their names."""
        return None if self.labels in (STUDY, PERMUTED, REVERSED) else self.labels

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that have to be known before training, beside the study's."""
        return tuple(filter(None, (self.bucket_metric, self.order_metric)))

    @property
    def yoked_to(self) -> str | None:
        """The adaptive arm whose recorded mixes are drawn, if any."""
        return self.yoked or None


_FIELDS = (*(field.name for field in fields(Arm)), *FACTS)
_WORDING = Wording("field of an arm", _FIELDS, "cl_utils/curriculum/arms.py")


@lru_cache
def arms() -> Mapping[str, Arm]:
    """Return every arm by name; raise StudyError for a file that is missing or says nonsense."""
    known = {name: _checked(name, values) for name, values in written_arms().items()}
    for name, arm in known.items():
        if arm.yoked:
            _check_yoked(name, arm, known)
    return known


def written_arms() -> dict[str, dict[str, Any]]:
    """Return the fields of every arm as they stand in the file, unchecked but for their names."""
    written = read_mapping(ARMS, missing="restore it")
    for name, values in written.items():
        check_name(f"{ARMS}: arm", name)
        if not isinstance(values, dict):
            raise StudyError(
                f"{ARMS}: arm {name} is {shown(values)}: give fields of {', '.join(_FIELDS)}"
            )
        for key in values:
            if key not in _FIELDS:
                raise unknown(f"{ARMS}: field of arm {name}", key, _FIELDS)
    return written


def arm_named(name: str) -> Arm:
    """Return an arm; raise StudyError for a name that does not exist."""
    if name not in arms():
        raise unknown("arm", name, arms())
    return arms()[name]


def is_arm(recorded: Mapping[str, Any], name: str) -> bool:
    """Return whether a manifest's record is of the arm `name` as it is now.

    What a record lacks was added to arms later, and its default is what there was before.
    """
    try:
        return name in arms() and Arm(**recorded) == arms()[name]
    except (TypeError, ValidationError):  # a field, or a value, that there is no more
        return False


def _checked(name: str, values: Mapping[str, Any]) -> Arm:
    trained = {key: value for key, value in values.items() if key not in FACTS}
    where = f"{ARMS}: arm {name}"
    try:
        arm = Arm(**trained)
    except ValidationError as error:
        raise refusal_of(error, trained, where, _WORDING) from None
    check_controls(arm, where)
    return arm


def check_controls(arm: Arm, where: str) -> None:
    """Raise StudyError for schedules that are none, and for controls that exclude one another.

    `where`: what the sentence begins with, such as "arm mine".
    """
    orders = (DRAWN, SHUFFLED, *ORDERS, *SCHEDULES)
    for field, known in (("schedule", SCHEDULES), ("restarts", SCHEDULES), ("order", orders)):
        if (value := getattr(arm, field)) not in known and (value or field != "restarts"):
            raise unknown(f"{where}: {field}", value, known)
    try:
        for named in filter(None, (arm.schedule, arm.restarts_at, arm.sorted_by)):
            schedule_named(named, MANY)
    except StudyError as error:
        raise StudyError(f"{where}: {error}") from None
    for stages, does in ((arm.restarts_at, "restarts"), (arm.sorted_by, "sorts")):
        if stages and not isinstance(schedule_named(stages, MANY), Staged):
            raise StudyError(f"{where} {does} by {stages}, which has no stages: name one that has")
    if arm.yoked and (arm.schedule, arm.order) != (Arm().schedule, DRAWN):
        raise StudyError(
            f"{where} replays the mixes of {arm.yoked}, so that schedule={arm.schedule!r} and "
            f"order={arm.order!r} have no say: leave both out"
        )
    if arm.order_metric and arm.order not in ORDERS:
        raise StudyError(
            f"{where} has order_metric={arm.order_metric!r}, but order={arm.order!r} follows no "
            f"metric: remove it, or choose one of {listed(ORDERS)}"
        )
    if arm.order != DRAWN:
        _check_order(arm, where)


def _check_order(arm: Arm, where: str) -> None:
    """Raise StudyError unless what the arm draws is known, and can be put in its order."""
    drawn = schedule_named(arm.schedule, MANY)
    if drawn.adaptive:
        raise StudyError(
            f"{where} puts the programs of {arm.schedule} in another order, but which they are is "
            "known only after training: use a schedule that is not adaptive"
        )
    if arm.sorted_by:
        stages = schedule_named(arm.sorted_by, MANY)
        assert isinstance(stages, Staged)  # `check_controls` refuses any other
        whose = f"{where} sorts the programs of {arm.schedule} by {arm.sorted_by}, whose"
        schedules.check_sorting(stages, drawn, whose)


def _check_yoked(name: str, arm: Arm, known: Mapping[str, Arm]) -> None:
    """Raise StudyError unless the arm that another replays is there and takes as many steps."""
    if arm.yoked not in known:
        raise unknown(f"{ARMS}: arm {name}: yoked", arm.yoked, known)
    source = known[arm.yoked]
    if source.yoked or source.budget != arm.budget:
        raise StudyError(
            f"{ARMS}: arm {name} replays {arm.yoked}: name an arm with budget={arm.budget:g} that "
            "replays no other"
        )


def schedule_named(name: str, steps: int, *, hardest_share: float = 0.5) -> Schedule:
    """Return a schedule over `steps` steps; StudyError for a name that does not exist, or is none.

    `hardest_share`: which share of a bucket, its hardest programs, "hardest-of-" pools hold.
    """
    if name not in SCHEDULES:
        raise unknown("schedule", name, SCHEDULES)
    return made_by(SCHEDULES[name], name, steps, hardest_share)


Recorded = Sequence[tuple[int, Mix]]


def schedule_of(
    arm: Arm, steps: int, *, hardest_share: float = 0.5, recorded: Recorded = ()
) -> Schedule:
    """Return the schedule that an arm follows, as its history names it.

    `recorded`: for a yoked arm, the mixes of the run it is yoked to and the steps they begin at.
    """
    if arm.yoked:
        return schedules.Replayed(steps, recorded)
    if arm.order == SHUFFLED or arm.order in ORDERS:
        return Staged(steps, (schedules.Stage(name=arm.order, share=1.0, mix=schedules.ALL),))
    return schedule_named(arm.sorted_by or arm.schedule, steps, hardest_share=hardest_share)


def with_budget(name: str, budget: float) -> str:
    """Return the arm that differs from `name` in nothing but its share of the steps.

    Raises StudyError when there is none.
    """
    wanted = replace(arm_named(name), budget=budget)
    for other, arm in arms().items():
        if arm == wanted:
            return other
    raise StudyError(
        f"arm {name} has no counterpart with budget={budget:g}: add one to {ARMS}, with the same "
        "fields but budget"
    )


def at_full_budget(name: str) -> str:
    """Return the arm that differs from `name` in nothing but training for all steps."""
    return name if arm_named(name).budget == 1.0 else with_budget(name, 1.0)

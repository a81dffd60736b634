"""Which runs may be compared: of one study, on the same programs, by the same code.

In: manifests by the folders of their runs, results/<profile>/<recipe>/<arm>/seed<k>. Out: nothing,
or one sentence that names the run which does not belong, in what, and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from cl_utils.curriculum.arms import is_arm
from cl_utils.errors import StudyError
from cl_utils.study.notebook_names import EVALUATION, TRAINING
from cl_utils.study.params import Params
from cl_utils.study.places import RUN_NAMES
from cl_utils.study.same_code import FILE, same_code
from cl_utils.study.stage_params import TrainingParams
from cl_utils.training.recipes import RECIPES

Manifest = Mapping[str, Any]
FINGERPRINT: Final = "data_fingerprint"
PRECISION: Final = "precision"
REPLAYED: Final = "replayed"
EVALUATED: Final = {
    "line_programs": "evaluated with line_programs=",
    "exams": "evaluated on exams ",
}
"""What of an evaluation is recorded now, but was not from the first run on."""
AGAIN: Final = f"run notebooks/{TRAINING}.ipynb and {EVALUATION}.ipynb again"


def check_comparable(manifests: Mapping[Path, Manifest], params: Params | None = None) -> None:
    """Raise StudyError unless runs belong to their folders, and together.

    A run belongs to its folder by recipe, arm (as params/study/arms.yaml has it now) and seed. All
    runs have the same data. Those of one recipe have the same parameters, but for `RUN_NAMES`
    (those of `params`, if given), were trained and evaluated by the same code (`same_code`), in
    one precision, on as many lines, and on the same exams, as far as that was recorded; a yoked one
    replays the run that `params` say.
    """
    for run, manifest in manifests.items():
        check_place(run, manifest)
        _check_arm(run, manifest)
    _check_equal(manifests, "evaluated on data ", lambda each: each[FINGERPRINT])
    for recipe in dict.fromkeys(run.parts[-3] for run in manifests):
        own = {run: each for run, each in manifests.items() if run.parts[-3] == recipe}
        _check_params(own, params)
        _check_replayed(own, params)
        _check_code(own, "trained", TRAINING, lambda each: each["code"])
        _check_equal(own, "trained in ", _precision)
        _check_code(own, "evaluated", EVALUATION, _evaluation("code"))
        for name, how in EVALUATED.items():
            # Rows from before there was such a thing do without it, and go with any.
            recorded = {run: each for run, each in own.items() if name in each["evaluation"]}
            _check_equal(recorded, how, _evaluation(name))


def check_place(run: Path, manifest: Manifest) -> None:
    """Raise StudyError unless a run lies in the folder of its recipe, arm and seed."""
    recipe, arm, seed = *run.parts[-3:-1], int(run.name.removeprefix("seed"))
    for name, value in (("recipe", recipe), ("arm", arm), ("seed", seed)):
        if (found := manifest["params"].get(name)) != value:
            raise StudyError(
                f"{run} holds the rows of {name}={found!r}: move them back to the folder of that "
                f"name, or delete it and {AGAIN} for it"
            )


def _check_arm(run: Path, manifest: Manifest) -> None:
    name = run.parts[-2]
    if not is_arm(manifest["arm"], name):
        raise StudyError(
            f"{run} was trained when arm {name} was {manifest['arm']}: restore "
            f"params/study/arms.yaml, or delete the folder and {AGAIN} for it"
        )


def _check_params(manifests: Mapping[Path, Manifest], params: Params | None) -> None:
    for name in TrainingParams.model_fields:
        if name in RUN_NAMES:
            continue
        if params is None:  # what a run does not state, nobody can compare
            stated = {run: each for run, each in manifests.items() if name in each["params"]}
            _check_equal(stated, f"trained with {name}=", partial(_parameter, name=name))
            continue
        wanted = getattr(params, name)
        for run, manifest in manifests.items():
            if (found := _parameter(manifest, name, wanted)) != wanted:
                raise StudyError(
                    f"{run} was trained with {name}={found!r}, not {wanted!r}: {AGAIN} for it, set "
                    f"the same {name} here, or delete the folder"
                )


def _check_replayed(manifests: Mapping[Path, Manifest], params: Params | None) -> None:
    """Raise StudyError for a yoked run of mixes that the arm would not replay as it is declared."""
    for run, manifest in manifests.items():
        if params is not None and replays_another(manifest, params):
            raise StudyError(
                f"{run} replays {manifest[REPLAYED]}, which is not the run that it would replay "
                f"with the declared seeds: {AGAIN} for it, or give its arm as many as it had"
            )


def replays_another(manifest: Manifest, params: Params) -> bool:
    """Return whether a yoked run replays another run than params with its arm and seed would.

    A run from before it was recorded counts as right: a test compares the committed ones.
    """
    said = {name: manifest["params"][name] for name in ("arm", "seed")}
    wanted = params.model_copy(update=said).replayed
    return bool(manifest.get(REPLAYED, wanted) != wanted)


def _parameter(manifest: Manifest, name: str, default: object = None) -> Any:
    """Return a parameter of a run; `default` if it was trained before there was such a one."""
    return manifest["params"].get(name, default)


def _precision(manifest: Manifest) -> str:
    """Return the precision of a run; where it is not recorded, that which its recipe took."""
    if PRECISION in manifest:
        return str(manifest[PRECISION])
    params, device = manifest["params"], manifest.get("device", "cpu")
    if params["recipe"] not in RECIPES:
        return "unknown precision"
    recipe = RECIPES[params["recipe"]]
    return recipe.precision_on(device, compiled=params.get("compile", True))


def _check_code(
    manifests: Mapping[Path, Manifest], done: str, notebook: str, what: Callable[[Manifest], Any]
) -> None:
    alike = partial(same_code, notebook)
    repair = (
        f"{AGAIN} for one of them, or, if a run has the same bits by both, name them in "
        f"params/study/{FILE.name}"
    )
    _check_equal(manifests, f"{done} by code ", what, alike, repair)


def _evaluation(name: str) -> Callable[[Manifest], Any]:
    """Return what reads a fact from a manifest's evaluation."""
    return lambda manifest: manifest["evaluation"][name]


def _check_equal(
    manifests: Mapping[Path, Manifest],
    how: str,
    what: Callable[[Manifest], Any],
    kind: Callable[[Any], Any] = repr,
    repair: str = f"{AGAIN} for one of them, or delete its folder",
) -> None:
    """Raise StudyError that names a run whose fact is not that of most runs, and one of these.

    `kind`: facts of one kind count as equal.
    """
    facts = {run: what(manifest) for run, manifest in manifests.items()}
    kinds = {run: kind(fact) for run, fact in facts.items()}
    if len(set(kinds.values())) < 2:
        return
    usual, _ = Counter(kinds.values()).most_common(1)[0]
    odd = next(run for run in kinds if kinds[run] != usual)
    other = next(run for run in kinds if kinds[run] == usual)
    raise StudyError(
        f"{odd} was {how}{facts[odd]!r}, but {other} was {how}{facts[other]!r}: {repair}"
    )


def other_params(manifest: Manifest, params: Params) -> list[str]:
    """Return the parameters but for `RUN_NAMES` that a run records and `params` have otherwise."""
    said = manifest["params"]
    names = [each for each in TrainingParams.model_fields if each not in RUN_NAMES and each in said]
    return [name for name in names if said[name] != getattr(params, name)]


def unlike(ours: Manifest, theirs: Manifest) -> list[str]:
    """Return in what runs of two profiles differ: parameters but for `RUN_NAMES`, precision, data.

    A parameter that one of them does not record was not there yet when it ran.
    """
    mine, others = ours["params"], theirs["params"]
    free = (*RUN_NAMES, "profile", PRECISION)
    found = [
        f"{name} ({mine[name]}, there {others[name]})"
        for name in TrainingParams.model_fields
        if name not in free and name in mine and name in others and mine[name] != others[name]
    ]
    precisions = _precision(ours), _precision(theirs)
    if precisions[0] != precisions[1]:
        found.append(f"{PRECISION} ({precisions[0]}, there {precisions[1]})")
    if found or ours[FINGERPRINT] == theirs[FINGERPRINT]:
        return found
    return ["their programs, which were made from the same parameters by other code"]


def check_pairs(ours: Manifest, theirs: Manifest, where: str) -> None:
    """Raise StudyError unless runs of two profiles may be paired by seed, in all but `RUN_NAMES`.

    `where`: the two folders, in words.
    """
    found = unlike(ours, theirs)
    codes = (
        ("trained", TRAINING, lambda each: each["code"]),
        (
            "evaluated",
            EVALUATION,
            _evaluation("code"),
        ),
    )
    for done, notebook, code in codes:
        if same_code(notebook, code(ours)) != same_code(notebook, code(theirs)):
            found.append(f"the code that {done} them ({code(ours)}, there {code(theirs)})")
    if found:
        raise StudyError(
            f"the runs of {where} are compared seed by seed, but differ in {', '.join(found)}: "
            f"{AGAIN} for one of them"
        )

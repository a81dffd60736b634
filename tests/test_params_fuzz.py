"""Parameter files of any content: parameters or one short sentence, and soon.

In: the smoke profile with values and texts that nobody would write. Out: a failure with the file
that ended otherwise. The examples are the same in every run.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cl_utils.curriculum import arms as module
from cl_utils.curriculum.arms import arms
from cl_utils.errors import StudyError
from cl_utils.experiments import load_experiment
from cl_utils.paths import PARAMS
from cl_utils.study.params import Params, notebook_params, read_params

SMOKE = yaml.safe_load((PARAMS / "smoke.yaml").read_text(encoding="utf-8"))
SECONDS = 1.0
CHARACTERS = 500
NAMES = st.sampled_from([*SMOKE, *(name[:-1] for name in SMOKE), "baseline", "x", "../x"])
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 300),
    st.sampled_from([10**9, 10**18, 10**30, 10**4000, -(10**20), 2**63]),
    st.floats(),
    st.text(max_size=12),
    NAMES,
    st.sampled_from(["hybrid", "fast", "paper", "ALL", "tertiles", "1.1", "characters"]),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
CHANGED = st.dictionaries(NAMES, VALUES, max_size=4)
PIECES = st.sampled_from(
    [
        *"[]{}:,-#&*!|>'\"%@`?~= \n\t0",
        "\n- ",
        ": ",
        "steps",
        "&a ",
        "*a",
        "!!int ",
        "<<",
        "\0",
        "9" * 99,
    ]
)
fast = settings(
    derandomize=True,
    max_examples=120,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def ends_well(read: Callable[[], object], prefix: str = "") -> None:
    """Fail unless `read` returns, or says in one short sentence why not, within a second."""
    begun = time.process_time()
    try:
        read()
    except StudyError as error:
        sentence = str(error).replace(prefix, "") if prefix else str(error)
        assert sentence and "\n" not in sentence and len(sentence) < CHARACTERS, sentence
    assert time.process_time() - begun < SECONDS


@fast
@given(changes=CHANGED, dropped=st.sets(NAMES, max_size=1))
def test_a_params_file_of_any_values(
    changes: dict[str, Any], dropped: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "smoke.yaml"
    values = {name: value for name, value in SMOKE.items() if name not in dropped}
    try:
        path.write_text(yaml.safe_dump({**values, **changes}), encoding="utf-8")
    except ValueError:  # Python writes no number of thousands of digits
        return
    ends_well(lambda: read_params(path), str(tmp_path))


@fast
@given(pieces=st.lists(PIECES, max_size=30), place=st.integers(0, 70))
def test_a_params_file_of_any_text(pieces: list[str], place: int, tmp_path: Path) -> None:
    path = tmp_path / "smoke.yaml"
    lines = (PARAMS / "smoke.yaml").read_text(encoding="utf-8").splitlines()
    text = "\n".join([*lines[:place], "".join(pieces), *lines[place + 1 :]])
    path.write_text(text, encoding="utf-8")
    ends_well(lambda: read_params(path), str(tmp_path))


@fast
@given(content=st.binary(max_size=60))
def test_a_params_file_of_any_bytes(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "smoke.yaml"
    path.write_bytes(content)
    ends_well(lambda: read_params(path), str(tmp_path))


@fast
@given(changes=CHANGED)
def test_a_notebook_of_any_values(changes: dict[str, Any]) -> None:
    ends_well(lambda: notebook_params({"profile": "smoke", **changes}))


@fast
@given(
    values=st.dictionaries(
        NAMES,
        st.dictionaries(
            st.sampled_from(
                [
                    "schedule",
                    "restarts",
                    "order",
                    "labels",
                    "outputs",
                    "yoked",
                    "budget",
                    "colour",
                    "x",
                ]
            ),
            VALUES,
            max_size=3,
        )
        | VALUES,
        max_size=3,
    )
)
def test_an_arms_file_of_any_values(values: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "arms.yaml"
    try:
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
    except ValueError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ARMS", path)
        arms.cache_clear()
        try:
            ends_well(arms, str(tmp_path))
        finally:
            arms.cache_clear()


@fast
@given(
    changes=st.dictionaries(
        st.sampled_from(
            ["name", "words", "recipe", "options", "arm", "heads", "steps", "seeds", "curves", "x"]
        ),
        VALUES,
        max_size=3,
    ),
    top=st.dictionaries(
        st.sampled_from(
            ["profile", "programs", "at_once", "reference", "variants", "defaults", "x"]
        ),
        VALUES,
        max_size=1,
    ),
)
def test_an_experiment_of_any_values(
    changes: dict[str, Any], top: dict[str, Any], tmp_path: Path
) -> None:
    name = "recipe_ablation"
    content = yaml.safe_load((PARAMS / "experiments" / f"{name}.yaml").read_text(encoding="utf-8"))
    content["variants"] = [content["variants"][0], {**content["variants"][1], **changes}]
    try:
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({**content, **top}), encoding="utf-8")
    except ValueError:
        return
    ends_well(lambda: load_experiment(name, tmp_path), str(tmp_path))


def test_the_unchanged_file_is_read() -> None:
    assert isinstance(read_params(PARAMS / "smoke.yaml"), Params)

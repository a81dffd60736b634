"""The settings side by side: effects, orders and levels of each as rows of one table.

In: `Setting`s. Out: rows setting, effect, n, difference, low, high, for the figures and the pages.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from cl_utils.curriculum.arms import arm_named
from cl_utils.curriculum.orders import ORDERS
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.report.settings import REFERENCE, Setting
from cl_utils.stats import standing
from cl_utils.stats.exams import GAIN
from cl_utils.stats.factorial import FACTORS
from cl_utils.stats.rows import stacked
from cl_utils.stats.verdicts import CLAIM

PAPERS_PAIR = ("hybrid", REFERENCE)
EFFECT_COLUMNS = ("effect", "n", "difference", "low", "high")


def rows_by_setting(settings: Iterable[Setting]) -> pd.DataFrame:
    """Return the gain and the three main effects in each setting with a factorial.

    Points of exact outputs, balanced test set, mean of the buckets; nothing of a setting whose
    factorial is not complete. The gain is that of all seeds which both arms have, as in the table
    of contrasts; an effect is that of the seeds which all eight arms have.
    """
    tables = []
    for setting in settings:
        main = setting.effects[setting.effects["effect"].isin(FACTORS)]
        if main.empty:
            continue
        gain = setting.compared(PAPERS_PAIR).assign(effect=GAIN)
        both = pd.concat([gain, main], ignore_index=True)
        both.insert(0, "setting", setting.name)
        tables.append(with_claims(both)[["setting", *EFFECT_COLUMNS, CLAIM]])
    columns = ["setting", *EFFECT_COLUMNS, CLAIM]
    return stacked(tables, columns)


def rows_by_order(settings: Iterable[Setting]) -> pd.DataFrame:
    """Return every arm that reads the baseline's programs in an order of difficulty, against it.

    The columns of a table of contrasts with `setting`, `order` and `metric`, that of the order;
    nothing of other arms. Points as in `rows_by_setting`.
    """
    columns = ["setting", "order", "metric", "exploratory", *EFFECT_COLUMNS[1:], CLAIM]
    tables = []
    for setting in settings:
        rows = pd.concat([setting.contrasts, setting.others], ignore_index=True)
        rows = rows[rows["reference"] == REFERENCE]
        found = [arm_named(arm) for arm in rows["arm"]]
        rows["order"] = [each.order.replace("-", " ") for each in found]
        rows["metric"] = [METRICS[each.order_metric or setting.metric] for each in found]
        rows["place"] = [[*ORDERS, each.order].index(each.order) for each in found]
        rows = rows[rows["place"] < len(ORDERS)].sort_values(
            ["place", "exploratory"], kind="stable"
        )
        tables.append(with_claims(rows.drop(columns="place").assign(setting=setting.title)))
    return stacked(tables, columns)


def with_claims(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of contrasts with `CLAIM`."""
    return rows.assign(**{CLAIM: [standing(row) == "claim" for _, row in rows.iterrows()]})


def rows_by_level(settings: Iterable[Setting]) -> pd.DataFrame:
    """Return the three main effects on each level of the grammar, as `rows_by_setting` does."""
    tables = []
    for setting in settings:
        rows = setting.levels
        rows = rows[rows["effect"].isin(FACTORS)].rename(columns={"subset": "level"})
        rows.insert(0, "setting", setting.name)
        tables.append(rows[["setting", "level", *EFFECT_COLUMNS]])
    columns = ["setting", "level", *EFFECT_COLUMNS]
    return stacked(tables, columns)

"""When the contrasts of a profile were declared, and what had been seen by then.

In: a profile's name. Out: Markdown for pages in docs/; the rows do not say any of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DECLARED: Final[Mapping[str, str]] = {
    "study": "The contrasts were declared on 2026-11-25 ([params](../params/study.yaml), until "
    "2026-11-27 `params/laptop.yaml`), but not blind: an earlier "
    "study of 2026-11-23 ([lab notes](log/study.md)) had shown the baseline and "
    "today's *hybrid-norestart*, *incremental-norestart*, *sequential-norestart*, *competence* and "
    "*mastery* with seeds 0 to 4, and these give the same values again. The other arms, and seeds "
    "5 to 7, were new. The rows were looked at after six seeds; the number of seeds stayed eight.",
    "study-strong": "The contrasts were declared on 2026-11-27, before the runs, with eight seeds "
    "([params](../params/study-strong.yaml)). The rows were looked at after one seed and after "
    "four ([lab notes](log/study.md)); the number of seeds stayed eight. {mixture}",
    "paper-size": "The contrasts were declared on 2026-11-27, before the runs, with eight seeds. "
    "On 2026-11-28, with seeds 0 to 4 seen and nothing decided, the eight became thirteen, "
    "whatever the next ones show; all thirteen count in the family ([params](../params/"
    "paper-size.yaml)). The rows were looked at after each further seed, too ([lab notes](log/"
    "paper_size.md)); nothing stops before thirteen, and p values are not corrected for these "
    "looks. Seeds 0 to 4 were trained as one batched model on a GPU, later ones run by run on a "
    "CPU in the same precision; all arms of a seed on one type of machine ([by machine]("
    "settings.md#by-machine)). On 2026-11-29, before their runs, sequential, incremental, "
    "incremental by characters and anti-hybrid were added with seeds 8 to 12, exploratory. "
    "{mixture}",
    "study-rates": "The contrasts were declared on 2026-11-27 with eight seeds, and those at rates "
    "that fall to zero left out on 2026-11-28, before any run; the rows were looked at after three "
    "seeds. Each recipe at each rate is a family of its own.",
    "study-orders": "The contrasts were declared on 2026-11-27, before the runs of the other "
    "orders; the baseline's are those of `study`, and were known.",
}
MIXTURE: Final = (
    "Seeds split by whether they have learnt one particular skill at the end, {skill}: a mean "
    "mixes two groups, and its interval is wide ([lab notes](log/{log}.md))."
)
SKILLS: Final[Mapping[str, str]] = {
    "study-strong": MIXTURE.format(skill="expressions (levels 1.1 and 1.2)", log="study"),
    "paper-size": MIXTURE.format(skill="chained branches (level 2.2)", log="paper_size"),
}
"""By profile: the skill."""
NOTES: Final[Mapping[str, str]] = {
    "study": "Before the declaration for the small models (fast), five seeds of two of the "
    "eight arms had been seen.",
    "paper-size": "Eight seeds were declared at the paper's size, raised to thirteen after five "
    "had been seen; p values are not corrected for interim looks. With both strong recipes seeds "
    "split by whether they have learnt one particular skill: intervals are wide, and a mean mixes "
    "two groups ([how each was declared](docs/results.md)).",
}
"""By profile: the same in short, for the table of README.md."""


def declaration(profile: str) -> str:
    """Return when a profile's contrasts were declared; "" of one that nothing is known of."""
    return DECLARED.get(profile, "").format(mixture=SKILLS.get(profile, ""))

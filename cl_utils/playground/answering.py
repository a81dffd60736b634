"""What models answer to a program of somebody's own, beside what it really prints.

In: models by name, and a text. Out: one Figure. A model that cannot hold the program is said to be
left out instead of stopping the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from cl_utils.errors import StudyError
from cl_utils.figures.answers import answers
from cl_utils.figures.attention import attention_over_text
from cl_utils.model.answers import LONGEST, Answer, answer, start_of
from cl_utils.model.decoding import generate
from cl_utils.model.gpt import GPT
from cl_utils.names import unknown
from cl_utils.playground.attention_map import look
from cl_utils.playground.program import normalised, read
from cl_utils.tinypy.record import prompt
from cl_utils.tinypy.tokenizer import decode


def longest_context(models: Mapping[str, GPT]) -> int:
    """Return how many characters the model that reads most reads at once.

    Raises StudyError without any model.
    """
    if not models:
        raise StudyError("there is no model to ask: name one, as load_committed gives it")
    return max(model.config.context for model in models.values())


def answers_of(models: Mapping[str, GPT], source: str) -> Figure:
    """Return the program, its true output, and each model's answer.

    Raises StudyError when the text is no program, or none of the models can read it.
    """
    program = read(source, longest_context(models))
    needed = len(prompt(program.source))
    given: dict[str, Answer | None] = {}
    for name, model in models.items():
        if needed < model.config.context:
            given[name] = answer(model, program.source)
        else:
            given[f"{name}: reads only {model.config.context} characters"] = None
    return answers(program.source, program.output, given)


def written_by(model: GPT, sources: Sequence[str]) -> list[str]:
    """Return a model's greedy answers to many programs, all written at once.

    Raises StudyError for a text that is no program, or fills the model's context.
    """
    starts = [start_of(model, normalised(source)) for source in sources]
    return [decode(written) for written in generate(model, starts, LONGEST)]


def attention_of(
    models: Mapping[str, GPT], source: str, model: str, layer: int, character: int
) -> Figure:
    """Return the program shaded by where a model looked when it wrote a character of its answer.

    `layer` and `character` count from 1; numbers beyond the last mean the last. Raises StudyError
    when the text is no program, or the model cannot read it.
    """
    if model not in models:
        raise unknown("model", model, models)
    asked = models[model]
    program, layers = read(source, asked.config.context), asked.config.layers
    layer = min(layer, layers)
    found = look(asked, program.source, character=character, layer=layer)
    where = f"character {found.place} of {found.of} of its answer"
    return attention_over_text(
        found.read,
        found.weights,
        found.written,
        found.probability,
        title=f"{model}, layer {layer} of {layers}, {where}",
    )

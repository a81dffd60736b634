"""The playground: texts become programs, numbers their terms, looks the model's own, edits train.

In: programs of the grammar, the committed models, a small world. Out: a failure where what is shown
is not what is computed elsewhere.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from kernels import Kernel
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook
from tiny import tiny_model
from worlds import World, quiet, small_run

from cl_utils.difficulty.buckets import BUCKETS
from cl_utils.difficulty.overall_metric import difficulty
from cl_utils.errors import Interrupted, StudyError
from cl_utils.figures.answers import answers, verdict
from cl_utils.figures.described import description_of
from cl_utils.model.answers import Answer, answer
from cl_utils.model.gpt import GPT
from cl_utils.playground import attention_map as looking
from cl_utils.playground.answering import answers_of, attention_of, written_by
from cl_utils.playground.attention_map import attention_map, look
from cl_utils.playground.difficulty_terms import (
    Branch,
    branches,
    explained,
    radon_terms,
    token_terms,
)
from cl_utils.playground.other_digits import count_correct, with_other_digits
from cl_utils.playground.panels import Sentence, told
from cl_utils.playground.program import (
    TEMPLATES,
    Program,
    normalised,
    overview,
    read,
    template,
)
from cl_utils.playground.schedule import (
    Weights,
    edited,
    edited_run,
    for_sliders,
    mix_figure,
    stages_of,
    trained_beside_baseline,
)
from cl_utils.seeds import stream
from cl_utils.study.committed_models import load_committed
from cl_utils.tinypy.grammar import WHILE_LEVEL, generate
from cl_utils.tinypy.tokenizer import encode
from cl_utils.training.loop import train
from cl_utils.training.probes import Probe
from tools.refresh_notebooks import is_shown

SOURCE = "a = 4\nb = 7\nif a < b :\n\tprint(a + b)\nelse :\n\tprint(a)"
CONTEXT = 256
STAGES = [Weights(30, 80, 20, 0), Weights(30, 20, 60, 20), Weights(40, 0, 0, 5)]
every_level = pytest.mark.parametrize("level", TEMPLATES)


def sources(level: str) -> list[str]:
    """Return 30 programs of a level."""
    variant = "fixed" if level == WHILE_LEVEL else "paper2024"
    drawn = generate(30, [level], rng=stream(3, "tests", level), variant=variant)
    return [program.source for program in drawn.programs]


@every_level
def test_the_layout_is_the_grammar_s_own(level: str) -> None:
    """But for the second space that it sets at random before a condition."""
    for source in sources(level):
        assert normalised(source) == source.replace("  ", " ").replace("( ", "(")


@every_level
def test_a_program_typed_otherwise_comes_out_in_that_layout(level: str) -> None:
    for source in sources(level):
        typed = source.replace(" :", ":").replace("\t", "   ").replace(" = ", "=") + "\n\n"
        for symbol in "+-*/,":
            typed = typed.replace(f" {symbol} ", symbol).replace(", ", ",")
        laid_out = normalised(typed)
        assert laid_out == normalised(source) == normalised(laid_out)
        assert ast.dump(ast.parse(laid_out)) == ast.dump(ast.parse(source))


def test_signs_brackets_and_words_keep_their_meaning() -> None:
    typed = "a=4\nif a>-3 and not(a+-1<2)or-a==3 :\n    while(a):\n      a=-a- -1\n    print( a )"
    expected = (
        "a = 4\nif a > -3 and not (a + -1 < 2) or -a == 3 :\n"
        "\twhile (a) :\n\t\ta = -a - -1\n\tprint(a)"
    )
    assert normalised(typed) == expected
    assert ast.dump(ast.parse(typed)) == ast.dump(ast.parse(expected))


@every_level
def test_a_template_belongs_to_its_seed_and_can_be_read(level: str) -> None:
    drawn = [template(level, seed, CONTEXT) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert normalised(drawn[0]) in overview(drawn[0], CONTEXT).data


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import os", "'import' is not part of it"),
        ("print(1 / 0)", "divides by zero"),
        ("\n".join(["print(1)"] * 40), "529 characters .* read 256"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(StudyError, match=why) as refusal:
        overview(text, CONTEXT)
    assert "\n" not in str(refusal.value)


def test_a_program_that_just_fits_is_read() -> None:
    needed = len(f"{SOURCE}\n# output\n# 11\n\n") - 1
    assert read(SOURCE, needed).output == "11"
    with pytest.raises(StudyError, match="shorten it"):
        read(SOURCE, needed - 1)


@every_level
def test_the_terms_give_the_scores(level: str) -> None:
    for source in sources(level):
        score = difficulty(source)
        assert radon_terms(source).difficulty == pytest.approx(score.halstead_difficulty)
        assert token_terms(source).difficulty == pytest.approx(score.halstead_difficulty_token)
        assert 1 + sum(each.adds for each in branches(source)) == score.cyclomatic_complexity


def test_the_terms_of_a_program_worked_out_by_hand() -> None:
    radon, token = radon_terms(SOURCE), token_terms(SOURCE)
    assert (radon.operators, radon.operands, radon.uses) == (("+", "<"), ("a", "b"), 4)
    assert token.operators == ("=", "if", "<", ":", "print", "( )", "+", "else")
    assert (token.operands, token.uses) == (("4", "7", "a", "b"), 9)
    assert branches(SOURCE) == [Branch(3, "if", 1)]
    assert radon_terms("a = 1").formula == "nothing is counted: 0"


def test_branches_name_their_lines() -> None:
    source = "a = 1\nif a < 2 and a > 0 or a == 3 :\n\tprint(a)\nelif a :\n\tprint(2)"
    assert branches(source) == [
        Branch(2, "if", 1),
        Branch(2, "or", 1),
        Branch(2, "and", 1),
        Branch(4, "elif", 1),
    ]


def test_the_page_has_the_numbers_in_the_formulas() -> None:
    page = explained(SOURCE).data
    assert "1 + 1 = 2" in page and "`if` in line 3 (+1)" in page
    assert "(2 / 2) × (4 / 2) = 2 | (8 / 2) × (9 / 4) = 9 |" in page
    assert "(2 + 2) / 2 = **2** | (2 + 9) / 2 = **5.5**" in page


MODELS = {
    "paper": tiny_model("paper", noise=0.2),
    "modern": tiny_model("modern", noise=0.2),
    "modern, convolution": tiny_model("modern", noise=0.2, convolution=3),
    "long rows": tiny_model("modern", context=400, noise=0.2),
}


def text_for(model: GPT) -> str:
    """Return a text that nearly fills a model's context, so that long rows are among them."""
    return (f"{SOURCE}\n# output\n# 11\n\n" * 6)[: model.config.context - 5]


def own_logits(model: GPT, text: str) -> torch.Tensor:
    """Return the logits (T, V) of a model's own forward pass."""
    with torch.inference_mode():
        logits: torch.Tensor = model(torch.from_numpy(encode(text).astype(np.int64))[None])[0]
    return logits


@pytest.mark.parametrize("name", [*MODELS, "committed"])
def test_attention_by_the_weights_gives_the_model_s_own_logits(name: str) -> None:
    model = load_committed("baseline")[0] if name == "committed" else MODELS[name]
    text = text_for(model)
    found = attention_map(model, text)
    torch.testing.assert_close(found.logits, own_logits(model, text), rtol=1e-4, atol=1e-4)
    layers, heads = model.config.layers, model.config.heads
    assert found.weights.shape == (layers, heads, len(text), len(text))
    torch.testing.assert_close(found.weights.sum(-1), torch.ones(layers, heads, len(text)))
    assert not found.weights.triu(1).any()


def test_other_weights_would_give_other_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the comparison above can fail: here every head looks at all characters alike."""
    right = looking.layer_weights

    def alike(*given: object) -> tuple[torch.Tensor, torch.Tensor]:
        weights, value = right(*given)  # type: ignore[arg-type]
        return (weights > 0) / (weights > 0).sum(-1, keepdim=True), value

    monkeypatch.setattr(looking, "layer_weights", alike)
    model = MODELS["modern"]
    text = text_for(model)
    difference = attention_map(model, text).logits - own_logits(model, text)
    assert difference.abs().max() > 0.01


def test_a_map_leaves_the_model_as_it_was() -> None:
    model = MODELS["modern"]
    before = own_logits(model, SOURCE)
    attention_map(model, SOURCE)
    assert torch.equal(own_logits(model, SOURCE), before)
    assert not any(module._forward_hooks for module in model.modules())


def test_a_look_belongs_to_the_character_that_was_written() -> None:
    model, _ = load_committed("baseline")
    found = look(model, SOURCE, character=4, layer=2)
    assert (found.read, found.written) == (f"{SOURCE}\n# output\n# ", "1")
    whole = attention_map(model, found.read).weights[1, :, -1].mean(0)
    assert found.weights == pytest.approx(whole.numpy()) and found.weights.sum() == pytest.approx(1)
    assert look(model, SOURCE, character=99, layer=1).read.endswith("# 11\n")
    with pytest.raises(StudyError, match="choose 1 to 6"):
        look(model, SOURCE, character=1, layer=7)


def shown_texts(figure: Figure) -> list[str]:
    """Return what a figure's axes have in print, in the order in which it was drawn."""
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_the_figure_of_a_look_prints_every_character_and_the_one_written() -> None:
    models = {"baseline": load_committed("baseline")[0]}
    figure = attention_of(models, SOURCE, "baseline", layer=99, character=4)
    printed = shown_texts(figure)[::2]  # each has its number behind it
    read = f"{SOURCE}\n# output\n# 1"
    signs = {"\n": "↵", "\t": "⇥", " ": "␣"}
    assert printed == [signs.get(character, character) for character in read]
    assert len(figure.axes[0].patches) == len(read)
    assert figure.axes[0].get_title(loc="left") == (
        "baseline, layer 6 of 6, character 4 of 7 of its answer"
    )


def test_a_model_that_reads_too_little_is_named_and_the_others_answer() -> None:
    models = {"large": load_committed("baseline")[0], "small": tiny_model("modern", context=48)}
    figure = answers_of(models, SOURCE)
    labels = [label.get_text() for label in figure.axes[1].get_yticklabels()]
    assert labels == ["true output", "large", "small: reads only 48 characters"]
    result = description_of(figure).result
    assert result.endswith("; small: reads only 48 characters.") and "answers ''" not in result
    with pytest.raises(StudyError, match="the models read 48"):
        answers_of({"small": models["small"]}, SOURCE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12\n\n", "answers it correctly"),
        ("13\n\n", "answers '13', wrong from character 2 on"),
        ("1\n\n", "answers '1', wrong from character 2 on"),
        ("12\n3\n\n", "answers '12\\n3', wrong from character 4 on"),
        ("12\n", "is right in all 3 characters that it was asked for, and not at its end"),
    ],
)
def test_a_verdict_says_where_an_answer_errs_or_that_it_was_cut(text: str, said: str) -> None:
    """An answer has at most `model.answers.LONGEST` characters, however long the true one is."""
    assert verdict(text, "12\n\n") == said


def test_the_first_mistake_alone_is_framed() -> None:
    sure = np.ones(8, dtype=np.float32)
    given = {"wrong": Answer("\n# 13\n\n", sure), "cut": Answer("\n# 12\n", sure), "none": None}
    figure = answers("print(12)", "12", given)
    framed = [each for each in figure.axes[1].patches if each.get_linewidth() == 2.0]
    assert [(each.get_x(), each.get_y()) for each in framed] == [(4.04, pytest.approx(0.6))]


@pytest.mark.parametrize("kind", [StudyError, Interrupted])
def test_a_refusal_or_a_stop_is_a_sentence_and_other_errors_stay(kind: type[Exception]) -> None:
    sentence = told(raising(kind("run <it> again")))
    assert repr(sentence) == "run <it> again" and isinstance(sentence, Sentence)
    assert sentence._repr_html_() == "<p>run &lt;it&gt; again</p>"
    with pytest.raises(ZeroDivisionError):
        told(raising(ZeroDivisionError()))


def raising(error: BaseException) -> Callable[[], object]:
    """Return what raises an error when it is called."""

    def draw() -> object:
        raise error

    return draw


def test_stages_become_a_schedule_in_their_shares() -> None:
    schedule = edited(100, STAGES)
    assert schedule.boundaries() == [0, 30, 60]
    assert schedule.mix(0) == {"easy": 0.8, "medium": 0.2}
    assert schedule.mix(99) == {"hard": 1.0}
    assert edited(100, [Weights(0, 1, 1, 1), *STAGES[2:]]).boundaries() == [0]


@pytest.mark.parametrize(
    ("stages", "why"),
    [
        ([Weights(0, 1, 1, 1)], "no stage has a length"),
        ([Weights(1, 1, 0, 0), Weights(1, 0, 0, 0)], "stage 2 draws nothing"),
    ],
)
def test_stages_that_draw_nothing_are_refused(stages: list[Weights], why: str) -> None:
    with pytest.raises(StudyError, match=why):
        mix_figure(10, stages)


@pytest.mark.parametrize(
    "stage",
    [
        Weights(-50, 1, 0, 0),
        Weights(float("nan"), 1, 0, 0),
        Weights(1, float("inf"), 0, 0),
        Weights(1, 1, float("nan"), 0),
        Weights(1, 1, 0, -1),
    ],
)
def test_stages_of_numbers_that_nobody_can_draw_are_refused(stage: Weights) -> None:
    with pytest.raises(StudyError, match=r"stage 2 has .*: give a finite number"):
        edited(10, [Weights(50, 0, 0, 1), stage])


def test_no_steps_are_not_all_steps(world: World) -> None:
    corpora = (world.train, world.validation)
    with pytest.raises(StudyError, match="steps=0: train 1 or more"):
        trained_beside_baseline(small_run("fast"), [Weights(1, 1, 0, 0)], *corpora, steps=0)


def test_a_model_that_does_not_exist_is_named() -> None:
    models = {"baseline": load_committed("baseline")[0]}
    with pytest.raises(StudyError, match="model='basline' does not exist"):
        attention_of(models, "print(1)", "basline", 1, 1)
    with pytest.raises(StudyError, match="there is no model to ask"):
        answers_of({}, "print(1)")


def test_the_figure_stacks_the_shares_of_every_stage() -> None:
    axes = mix_figure(100, STAGES).axes[0]
    tops = [np.max(area.get_paths()[0].vertices[:, 1]) for area in axes.collections]
    assert tops == pytest.approx([80, 100, 100])
    assert [line.get_xdata()[0] for line in axes.lines] == [30, 60]


def test_sliders_stand_for_stages() -> None:
    values = {f"{name}_{place}": 10 * place for name in Weights._fields for place in (1, 2)}
    assert stages_of(values, 2) == [Weights(10, 10, 10, 10), Weights(20, 20, 20, 20)]
    values["hard_2"] = 7
    assert stages_of(values, 2)[1] == Weights(20, 20, 20, 7)


def test_sliders_begin_with_the_ratios_of_the_stages() -> None:
    """Only ratios count, so shares and numbers beyond a slider are as good as percents."""
    assert for_sliders(STAGES, 100) == STAGES
    assert for_sliders([Weights(0.5, 0.5, 0.5, 0)], 100) == [Weights(100, 100, 100, 0)]
    stages = [Weights(150, 3, 1, 0), Weights(75, 0.2, 0.001, 0.1)]
    assert for_sliders(stages, 100) == [Weights(100, 3, 1, 0), Weights(50, 100, 1, 50)]
    assert for_sliders([Weights(0, 0, 0, 0)], 100) == [Weights(0, 0, 0, 0)]


def test_the_edit_and_the_baseline_differ_in_what_they_draw_alone(world: World) -> None:
    run = small_run("fast", steps=6)
    mine = edited_run(run, STAGES)
    assert replace(mine, name=run.name, arm=run.arm, recorded=()) == run
    drawn = train(mine, world.train, world.validation, report=quiet).mixes
    schedule = edited(6, STAGES)
    assert drawn == [(start, schedule.mix(start)) for start in schedule.boundaries()]


def test_the_table_has_what_a_probe_of_each_model_measures(world: World) -> None:
    run = small_run("fast", steps=6)
    said: list[object] = []
    table = trained_beside_baseline(
        run, STAGES, world.train, world.validation, steps=4, say=said.append
    )
    assert list(table.index) == [*BUCKETS, "mean"] and len(said) >= 2
    run = replace(run, steps=4)
    for each in (replace(run, name="baseline"), edited_run(run, STAGES)):
        model = train(each, world.train, world.validation, report=quiet).model
        seen = Probe(world.validation, torch.device("cpu")).measure(model.eval(), BUCKETS)
        losses = [seen[bucket].output_loss for bucket in BUCKETS]
        ours = table["nats per character"][each.name]
        assert list(ours) == pytest.approx([*losses, np.mean(losses)])
        right = [100 * seen[bucket].accuracy for bucket in BUCKETS]
        assert list(table["right (%)"][each.name]) == pytest.approx([*right, np.mean(right)])
    assert not np.allclose(*(table["nats per character"][name] for name in ("baseline", "yours")))


PANELS = """
from ipywidgets import IntSlider
from cl_utils.errors import StudyError
from cl_utils.playground.panels import panel, program_box
from cl_utils.playground.program import overview
from IPython.display import Markdown

box = program_box("print(1)", 80)
shown = panel(lambda source: overview(source, 80), follow={"source": box})
"""
SLIDER = """
number = IntSlider(2)
times = panel(lambda number, source: Markdown(f"{number} times {source}"),
    follow={"source": box}, number=number)
"""
MOVED = "number.value = 5\nbox.value = 'b=2\\nprint(b)'"
REFUSED = "box.value = 'import os'"


def executed(kernel: Kernel, *cells: str) -> list[list[str]]:
    """Run cells in a kernel; return what each shows in the end, widgets themselves left out."""
    book = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    kernel.execute(book)
    return [
        [
            output["data"].get("text/markdown", output["data"]["text/plain"])
            for output in cell.outputs
            if is_shown(output)
        ]
        for cell in book.cells
    ]


def test_panels_show_a_result_without_anybody_at_the_widgets(kernel: Kernel) -> None:
    [[page], [times]] = executed(kernel, PANELS, SLIDER)
    assert "print(1)\n# output\n# 1\n" in page and times == "2 times print(1)"


def test_a_moved_slider_and_another_program_renew_the_outputs_in_their_places(
    kernel: Kernel,
) -> None:
    [[page], [times], []] = executed(kernel, PANELS, SLIDER, MOVED)
    assert "b = 2\nprint(b)\n# output\n# 2\n" in page
    assert times == "5 times b=2\nprint(b)"


def test_a_program_that_is_refused_leaves_a_sentence_in_the_place_of_the_result(
    kernel: Kernel,
) -> None:
    [[sentence], []] = executed(kernel, PANELS, REFUSED)
    assert sentence.startswith("line 1 leaves the TinyPy subset, fix 'import os'")


EDITOR = """
from worlds import make_world, small_run
from cl_utils.playground.panels import ScheduleEditor
from cl_utils.playground.schedule import Weights
world = make_world()
stages = [Weights(1, 1, 0, 0), Weights(1, 0, 1, 1)]
editor = ScheduleEditor(small_run("fast", steps=20), stages, world.train, world.validation)
assert editor.stages == stages
"""
EMPTY = "for name in ('length_1', 'length_2'): editor.sliders[name].value = 0"
PRESS = "editor.button.click()"
AGAIN = "assert not editor.button.disabled"


def test_the_editor_draws_at_once_and_trains_when_its_button_is_pressed(
    kernel: Kernel,
) -> None:
    [[figure, table], *_] = executed(kernel, EDITOR, PRESS, AGAIN)
    assert (
        figure.startswith("Over 20 steps and 2 stages it draws")
        and "nats per character" in table
        and "mean" in table
    )


def test_an_editor_without_a_stage_says_so_and_can_be_used_again(
    kernel: Kernel,
) -> None:
    [[figure, below], *_] = executed(
        kernel, EDITOR, EMPTY, PRESS, "assert not editor.button.disabled"
    )
    assert figure == below == "no stage has a length: give one of them more than 0"


def test_many_programs_are_answered_as_each_alone() -> None:
    model = load_committed("baseline")[0]
    sources = [f"a = {digit}\nprint(a + {digit})" for digit in (1, 5, 9)] + ["b = 2\nprint(b)"]
    alone = [answer(model, normalised(source)).text for source in sources]
    assert written_by(model, sources) == alone and alone[0] == "\n# 2\n\n"
    with pytest.raises(StudyError, match="leaves no room"):
        written_by(model, [*sources, "a = 1\n" + "print(a)\n" * 40])


def test_other_digits_take_the_places_of_the_first_two_numbers_alone() -> None:
    """Of numbers with two digits, too."""
    programs = with_other_digits(
        "a = 40\nb = 12\nif a < b :\n\tprint(a + b)\nelse :\n\tprint(a - 3)"
    )
    assert len({each.source for each in programs}) == 81
    by_digits = {tuple(re.findall(r"= (\d)$", each.source, re.M)): each for each in programs}
    assert len(by_digits) == 81 and all("print(a - 3)" in each.source for each in programs)
    assert by_digits["4", "7"].output == "11"
    assert by_digits["7", "4"].output == "4"  # a digit once set is not set again
    assert by_digits["7", "9"].output == "16"
    assert list(by_digits)[:3] == [("1", "1"), ("1", "2"), ("1", "3")]


def test_correct_answers_are_counted_one_by_one() -> None:
    """Some are right and some are not: large numbers are beyond the model."""
    model = load_committed("baseline")[0]
    pairs = product((3, 8, 47), (2, 5, 9, 29))
    programs = [Program(f"a = {a}\nprint(a + {b})", str(a + b)) for a, b in pairs]
    alone = [answer(model, each.source).text == f"\n# {each.output}\n\n" for each in programs]
    assert count_correct(model, programs) == sum(alone) and 0 < sum(alone) < len(alone) == 12


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("print(a)", "fewer than two numbers: write one with two or more"),
        ("a = 4\nprint(a)", "fewer than two numbers: write one with two or more"),
        ("a = 4\nprint(a / (a - 3))", "with 1 and 1 in it the program failed: it divides by zero"),
        ("import os", "TinyPy"),
    ],
)
def test_a_program_whose_digits_cannot_change_is_refused(text: str, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        with_other_digits(text)

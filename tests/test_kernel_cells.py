"""Parameters of a running notebook are what its parameters cells assign, not what a kernel keeps.

In: kernels as dictionaries with their cells, and two real ones. Out: a failure that names a name
that was dropped, or taken for a parameter though it is a variable.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from papermill.exceptions import PapermillExecutionError
from refusals import refusal

from cl_utils.study.kernel_cells import names_of
from cl_utils.study.params import Params

CHECK = "from cl_utils.study.params import notebook_params\nparams = notebook_params(globals())"


class Kernel:
    """Executes cells as IPython does: their sources are kept in `In` before they run."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"In": [""], "__name__": "__main__"}

    def run(self, *cells: str) -> None:
        """Execute cells one after another; a wrong one stops."""
        for cell in cells:
            self.names["In"].append(cell)
            exec(cell, self.names)

    def params(self) -> Params:
        """Execute the cell that checks the parameters, and return them."""
        self.run(CHECK)
        found = self.names["params"]
        assert isinstance(found, Params)
        return found


@pytest.fixture
def kernel() -> Kernel:
    """A kernel that has executed nothing."""
    return Kernel()


def test_a_misspelt_name_is_refused_until_it_is_corrected(kernel: Kernel) -> None:
    kernel.run('profile = "smoke"\nstepz = 3')
    assert "stepz is no parameter (did you mean steps?)" in refusal(kernel.params)
    assert "stepz is no parameter" in refusal(kernel.params)
    kernel.run('profile = "smoke"\nsteps = 3')
    assert kernel.params().steps == 3 and kernel.names["stepz"] == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("steps: 200", "`steps: 200` assigns nothing in Python: write steps = 200"),
        ("stepz: 200", "`stepz: 200` assigns nothing in Python: write stepz = 200"),
        ("levels: ['1.1']", "write levels = ['1.1']"),
    ],
)
def test_a_parameter_written_as_in_a_params_file_is_refused(
    line: str, said: str, kernel: Kernel
) -> None:
    kernel.run(f'profile = "smoke"\n{line}')
    assert said in refusal(kernel.params)
    kernel.run('profile = "smoke"\nsteps: int = 3\nx: str')
    assert kernel.params().steps == 3


def test_a_name_misspelt_after_the_parameters_were_accepted_is_refused(kernel: Kernel) -> None:
    kernel.run('profile = "smoke"')
    kernel.params()
    kernel.run('profile = "smoke"\nstepz = 3')
    assert "stepz" in refusal(kernel.params)


def test_variables_of_later_cells_are_no_parameters(kernel: Kernel) -> None:
    kernel.run('profile = "smoke"\nsteps = 3')
    assert kernel.params().steps == 3
    kernel.run("level = 1.1\nprograms = [1]\nfor arm in ('a', 'b'):\n    contrasts = arm")
    params = kernel.params()
    assert (params.programs, params.arm, params.steps) == (20_000, "baseline", 3)
    assert params.contrasts == [["hybrid", "baseline"], ["hybrid-norestart", "hybrid-shuffled"]]


def test_a_parameter_whose_line_was_removed_is_the_profiles_again(kernel: Kernel) -> None:
    kernel.run('profile = "smoke"\nsteps = 3')
    assert kernel.params().steps == 3
    kernel.run('profile = "smoke"')
    assert kernel.params().steps == 60


def test_a_cell_between_parameters_and_check_counts_too(kernel: Kernel) -> None:
    kernel.run('profile = "smoke"', "steps = 7")
    assert kernel.params().steps == 7
    kernel.run('profile = "smoke"', "stepz = 7")
    assert "stepz" in refusal(kernel.params)


def test_a_cell_by_papermill_adds_to_the_parameters(kernel: Kernel) -> None:
    kernel.run('profile = "smoke"\narm = "hybrid"', "# Parameters\nsteps = 8\n")
    params = kernel.params()
    assert (params.steps, params.arm) == (8, "hybrid")
    kernel.run("level = 3", "# Parameters\nstepz = 8\n")
    assert "stepz" in refusal(kernel.params)
    kernel.run('profile = "smoke"', '# Parameters\nprofile = "laptop"\n')
    assert kernel.params().profile == "laptop"
    kernel.run('profile = "smoke"\nstepz = 1', '# Parameters\nprofile = "laptop"\n')
    assert "stepz" in refusal(kernel.params)


def test_what_is_set_without_an_assignment_is_not_dropped(kernel: Kernel) -> None:
    kernel.run('profile = "smoke"\nexec("steps = 8")')
    assert kernel.params().steps == 8


def test_a_parameter_of_any_type_is_taken_and_refused(kernel: Kernel) -> None:
    kernel.run('import numpy as np\nprofile = "smoke"\nsteps = np.int64(200)')
    assert "write 200" in refusal(kernel.params)
    kernel.run('profile = "smoke"\nsteps = print')
    assert "steps=<built-in function print>" in refusal(kernel.params)


def test_magics_errors_and_cells_that_are_no_python_do_no_harm(kernel: Kernel) -> None:
    kernel.names["In"] += ["%%bash\nprofile=1", "a = (", "\0", "x = '\\d'", 3, None, "(" * 9999]
    kernel.run('profile = "smoke"\nsteps = 3')
    kernel.names["In"].append("for (")
    assert kernel.params().steps == 3
    kernel.names["In"] = ["a = (", "profile ="]
    assert kernel.params().steps == 3, "as without cells"


@pytest.mark.parametrize(
    ("source", "assigned"),
    [
        ("a = b = 1\nc, (d, *e) = x\nf: int = 1\ng += 1\nif (h := 1): i = 2", "abcdefghi"),
        (
            "for a in x:\n    b = 1\nwith x as c:\n    d = 1\ntry:\n    e = 1\nfinally: f = 1",
            "abcdef",
        ),
        ("def a(b):\n    c = 1\nclass D:\n    e = 1\nf = [g for g in x]\nh = lambda i: i", "fh"),
        ("x.a = 1\ny[0] = 2\nprint(z)", ""),
        ("a = 1\nb = notebook_params(globals())\nc = 1", "a"),
        ("get_ipython().run_cell_magic('time', '', 'a = 1\\nb = 2')", "ab"),
        ("get_ipython().run_line_magic('matplotlib', 'inline')\na = 1", "a"),
        ("a = (", ""),
    ],
)
def test_a_cell_assigns_the_names_that_it_makes_global(source: str, assigned: str) -> None:
    assert names_of(source).assigned == set(assigned)


def notebook(*cells: str) -> nbformat.NotebookNode:
    """Return a notebook of these cells, the first tagged as its parameters."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.cells[0].metadata["tags"] = ["parameters"]
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python",
        "language": "python",
    }
    return book


def test_a_kernel_keeps_its_cells_as_this_module_expects() -> None:
    again = "params = notebook_params(globals())\nprint(params.steps)"
    programs = "programs = [params.programs]"
    wrong = 'profile = "smoke"\nstepz = 3'
    book = notebook('profile = "smoke"\nsteps = 7', CHECK, programs, again, wrong, again)
    with pytest.raises(CellExecutionError, match="stepz is no parameter"):
        NotebookClient(book).execute()
    assert book.cells[3].outputs[0]["text"] == "7\n"


def test_papermill_injects_parameters_that_are_checked(tmp_path: Path) -> None:
    source = tmp_path / "book.ipynb"
    nbformat.write(notebook('profile = "smoke"', f"{CHECK}\nprint(params.steps)"), source)
    options = {"progress_bar": False, "log_output": False}
    done = papermill.execute_notebook(
        source, tmp_path / "done.ipynb", parameters={"steps": 9}, **options
    )
    assert done.cells[-1].outputs[0]["text"] == "9\n"
    with pytest.raises(PapermillExecutionError, match="stepz is no parameter"):
        papermill.execute_notebook(
            source, tmp_path / "done.ipynb", parameters={"stepz": 9}, **options
        )

"""One set of versions: what is declared, pinned, offered to conda and installed agrees.

In: pyproject.toml, constraints.txt, environment.yml, the Makefile, README and docs. Out: a failure
that names the package or the command.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
INSTALLED = [Requirement(each) for each in PROJECT["dependencies"] + EXTRAS["dev"]]
DECLARED = INSTALLED + [Requirement(each) for each in EXTRAS["slurm"] + EXTRAS["site"]]


@cache
def pins() -> list[Requirement]:
    """Return the pins of constraints.txt, on every platform."""
    lines = (REPOSITORY / "constraints.txt").read_text().splitlines()
    return [
        Requirement(line) for line in lines if line.strip() and not line.lstrip().startswith("#")
    ]


def pinned_version(name: str) -> Version:
    """Return the version that constraints.txt gives a package here."""
    wanted = canonicalize_name(name)
    named = [each for each in pins() if canonicalize_name(each.name) == wanted]
    here = [each for each in named if each.marker is None or each.marker.evaluate()]
    assert len(here) == 1, f"{name} has {len(here)} pins: compile constraints.txt again (line 1)"
    (pin,) = here[0].specifier
    return Version(pin.version)


@pytest.mark.parametrize("declared", DECLARED, ids=str)
def test_every_dependency_is_pinned_within_its_bounds(declared: Requirement) -> None:
    assert pinned_version(declared.name) in declared.specifier


def test_pins_are_exact_and_public() -> None:
    for pin in pins():
        assert [each.operator for each in pin.specifier] == ["=="], str(pin)
        assert pin.url is None, str(pin)
        assert "+" not in str(pin.specifier), f"{pin}: a local build, which other machines lack"


@pytest.mark.parametrize("declared", INSTALLED, ids=str)
def test_what_is_installed_is_what_is_pinned(declared: Requirement) -> None:
    installed = Version(version(declared.name))
    assert Version(installed.public) == pinned_version(declared.name), "run `make install`"


def test_conda_takes_everything_but_python_from_the_same_pins() -> None:
    environment = yaml.safe_load((REPOSITORY / "environment.yml").read_text())
    python, pip, packages = environment["dependencies"]
    assert pip == "pip"
    assert packages == {"pip": ["-c constraints.txt", "-e .[dev]"]}
    name, _, release = python.partition("=")
    assert name == "python"
    assert SpecifierSet(PROJECT["requires-python"]).contains(f"{release}.99")


def test_the_page_on_running_tells_of_every_command_and_of_no_other() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    commands = set(re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE)) - {"help"}
    assert commands_of("docs/running.md") == commands
    assert commands_of("README.md") < commands


def commands_of(page: str) -> set[str]:
    """Return the commands of make that a page tells of."""
    code = "\n".join(code_of((REPOSITORY / page).read_text()))
    return set(re.findall(r"(?:^|\$ |&& )make ([a-z]+)", code, re.MULTILINE))


def code_of(page: str) -> list[str]:
    """Return what a page shows as code, in blocks and within sentences."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    return blocks + re.findall(r"`([^`\n]+)`", prose)

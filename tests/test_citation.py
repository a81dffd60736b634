"""CITATION.cff: what a citation is made from is there, and every author can be named."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from cl_utils.paths import REPOSITORY

PERSON = {"family-names", "given-names", "orcid", "affiliation", "name-particle", "name-suffix"}
ORCID = re.compile(r"https://orcid\.org/\d{4}-\d{4}-\d{4}-\d{3}[\dX]")


@pytest.fixture
def citation() -> dict[str, Any]:
    text = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def mistakes(author: dict[str, str]) -> list[str]:
    """Return what keeps an author from being cited, by the Citation File Format 1.2.0."""
    if set(author) == {"name"}:  # an entity
        return []
    found = [f"{key} is no key of a person" for key in author if key not in PERSON]
    found += [f"{key} is missing" for key in ("family-names", "given-names") if key not in author]
    if "orcid" in author and not ORCID.fullmatch(author["orcid"]):
        found.append(f"orcid={author['orcid']!r} is no ORCID iD")
    return found


def test_software_and_paper_can_be_cited(citation: dict[str, Any]) -> None:
    assert citation["cff-version"] == "1.2.0" and citation["title"] and citation["message"]
    people = [citation["authors"], *(each["authors"] for each in citation["references"])]
    assert all(people) and not [text for each in sum(people, []) for text in mistakes(each)]
    assert citation["references"][0]["identifiers"][0]["value"] == "arXiv:2407.10194"


def test_the_version_is_the_package_s(citation: dict[str, Any]) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert citation["version"] == project["version"]


@pytest.mark.parametrize(
    ("author", "words"),
    [
        ({"family-names": "Lovelace", "given-names": "Ada"}, []),
        ({"family-names": "Lovelace"}, ["given-names is missing"]),
        ({"family-names": "L", "given-names": "A", "mail": "a@b"}, ["mail is no key of a person"]),
        (
            {"family-names": "L", "given-names": "A", "orcid": "0000"},
            ["orcid='0000' is no ORCID iD"],
        ),
    ],
)
def test_an_author_who_cannot_be_cited_is_told(author: dict[str, str], words: list[str]) -> None:
    assert mistakes(author) == words


def test_the_example_of_contributing_is_a_person(citation: dict[str, Any]) -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    (author,) = yaml.safe_load(example[1])
    assert mistakes(author) == []

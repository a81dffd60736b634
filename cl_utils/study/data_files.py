"""The study's files of programs: what notebooks 01 to 03 leave and all later ones load.

In: params. Out: tables and corpora that belong to exactly these params, under runs/<profile>/; and
small tables about the programs under results/<profile>/data/, tracked, so that figures need no
other data. Each function is one arrow of the data flow in docs/design.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cl_utils.artifacts import check_artifact, load_csv, load_table, save_csv, save_table
from cl_utils.data.corpus import SPLITS, Corpus
from cl_utils.data.corpus_files import load_corpus, save_corpus
from cl_utils.difficulty.catalogue import METRICS
from cl_utils.files import file_digest, missing, running
from cl_utils.names import unknown
from cl_utils.study.loaded import check_still, note_code, note_loaded
from cl_utils.study.notebook_names import BUCKETING, DATA, EVALUATION, METRIC_ANALYSIS, code_of
from cl_utils.study.params import Params
from cl_utils.study.program_table import check_programs
from cl_utils.study.stage_params import BucketParams, DataParams
from cl_utils.tinypy.record import skeleton, stable_hash

AGREEMENT = "metric_agreement"


def save_programs(params: Params, programs: pd.DataFrame, rejected: Mapping[str, int]) -> None:
    """Leave notebook 01's programs; StudyError where later notebooks could not use them."""
    check_programs(programs)
    made = {"params": params.of(DataParams), "code": code_of(DATA)}
    save_table(params.paths.programs, programs, rejected=dict(rejected), **made)


def load_programs(params: Params) -> pd.DataFrame:
    """Return program_id, level, source, output, natural."""
    return load_table(params.paths.programs, DATA, params=params.of(DataParams))


def save_difficulty(params: Params, difficulty: pd.DataFrame) -> None:
    """Leave notebook 02's metrics, one row per program."""
    save_table(
        params.paths.difficulty,
        difficulty,
        params=params.of(DataParams),
        inputs=[params.paths.programs],
        code=code_of(METRIC_ANALYSIS),
    )


def load_difficulty(params: Params) -> pd.DataFrame:
    """Return the programs with every metric beside them."""
    programs = load_programs(params)
    check_difficulty(params)
    metrics = pd.read_parquet(params.paths.difficulty)
    return programs.merge(metrics, on="program_id", validate="one_to_one")


def check_difficulty(params: Params) -> dict[str, Any]:
    """Return the manifest of the metrics; MissingError unless they are those of the programs."""
    paths, stage = params.paths, params.of(DataParams)
    return check_artifact(paths.difficulty, METRIC_ANALYSIS, params=stage, inputs=[paths.programs])


def save_buckets(params: Params, programs: pd.DataFrame, corpora: Mapping[str, Corpus]) -> None:
    """Leave notebook 03's labels, and the tokens of every split."""
    kept = programs[["program_id", "bucket", "split", "canonical_hash", "text_hash"]]
    made = {"params": params.of(BucketParams), "code": code_of(BUCKETING)}
    save_table(params.paths.buckets, kept, inputs=[params.paths.difficulty], **made)
    for name in SPLITS:
        corpus = corpora[name]
        save_corpus(params.paths.corpus(name), corpus, inputs=[params.paths.buckets], **made)


def load_split(params: Params, name: str) -> Corpus:
    """Return the tokens of one of `corpus.SPLITS`.

    Everything that they were made from must still be what it was.
    """
    if name not in SPLITS:
        raise unknown("split", name, SPLITS)
    check_buckets(params)
    paths, stage = params.paths, params.of(BucketParams)
    path = paths.corpus(name)
    _note(path)
    return load_corpus(path, params=stage, inputs=[paths.buckets])


def check_trained_on(params: Params) -> None:
    """Raise StudyError when a corpus that this process trains on was made again since."""
    _check_still(map(params.paths.corpus, SPLITS[:2]))


def check_tested_on(params: Params) -> None:
    """Raise StudyError when a test set or the exams were made again since they were loaded."""
    _check_still([*map(params.paths.corpus, SPLITS[2:]), params.paths.exams])


def _note(path: Path) -> None:
    if path.exists():  # else loading tells what to run
        note_loaded(str(path), file_digest(path, running(BUCKETING)))


def _check_still(paths: Iterable[Path]) -> None:
    for path in paths:
        check_still(str(path), file_digest(path, running(BUCKETING)))


def check_buckets(params: Params) -> dict[str, Any]:
    """Return the manifest of the buckets; MissingError unless they are those of the metrics."""
    check_chain(params)
    check_difficulty(params)
    paths, stage = params.paths, params.of(BucketParams)
    return check_artifact(paths.buckets, BUCKETING, params=stage, inputs=[paths.difficulty])


def check_chain(params: Params) -> None:
    """Raise StudyError that names the first notebook of which nothing is there."""
    paths = params.paths
    for path, notebook in (
        (paths.programs, DATA),
        (paths.difficulty, METRIC_ANALYSIS),
        (paths.buckets, BUCKETING),
    ):
        if not path.exists():
            raise missing(path, running(notebook))


def data_fingerprint(params: Params) -> str:
    """Return one fingerprint for all corpora: runs compare only if it is the same.

    Raises StudyError that names a corpus which is missing or damaged: then the runs are not at
    fault.
    """
    bucketing, parts = params.of(BucketParams), []
    for path in map(params.paths.corpus, SPLITS):
        check_artifact(path, BUCKETING, params=bucketing)
        parts.append(file_digest(path))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


def save_agreement(params: Params, matrix: pd.DataFrame) -> None:
    """Leave notebook 02's rank correlations between metrics (`agreement`), to 4 digits."""
    save_csv(
        params.paths.counts(AGREEMENT),
        matrix.round(4).rename_axis("metric").reset_index(),
        params=params.of(DataParams),
        inputs=[params.paths.programs],
        code=code_of(METRIC_ANALYSIS),
    )


def load_agreement(params: Params) -> pd.DataFrame:
    """Return the matrix of `save_agreement`; it needs no file outside results/."""
    path, read = params.paths.counts(AGREEMENT), {"index_col": "metric"}
    return load_csv(path, METRIC_ANALYSIS, read=read, params=params.of(DataParams))


def save_counts(params: Params, **tables: pd.DataFrame) -> None:
    """Leave notebook 03's tables about the data, for figures and README."""
    made = {"params": params.of(BucketParams), "code": code_of(BUCKETING)}
    for name, table in tables.items():
        save_csv(params.paths.counts(name), table, inputs=[params.paths.buckets], **made)


def save_tested(params: Params, programs: pd.DataFrame) -> None:
    """Leave notebook 03's table of the test programs: level, bucket, metrics, skeleton.

    Programs of one skeleton differ in names and numbers alone. After `save_buckets`: its manifest
    names the data, as that of every run does.
    """
    tested = programs[programs["split"].isin(["test", "natural"])]
    metrics = [name for name in METRICS if name in tested]
    forms = [stable_hash(skeleton(source)) for source in tested["source"]]
    save_table(
        params.paths.tested,
        tested[["program_id", "level", "bucket", *metrics]].assign(skeleton=forms),
        params=params.of(BucketParams),
        inputs=[params.paths.buckets],
        code=code_of(BUCKETING),
        data_fingerprint=data_fingerprint(params),
    )


def save_exams(params: Params, exams: pd.DataFrame) -> None:
    """Leave notebook 03's exams off the training distribution, with bucket and overall metric."""
    save_table(
        params.paths.exams,
        exams,
        params=params.of(BucketParams),
        inputs=[params.paths.buckets],
        code=code_of(BUCKETING),
    )


def load_exam_table(params: Params) -> pd.DataFrame:
    """Return the programs of `save_exams`; it needs no file outside results/."""
    return load_table(params.paths.exams, BUCKETING, params=params.of(BucketParams))


def load_exams(params: Params) -> dict[str, Corpus]:
    """Return the exams by name; without the programs that are longer than the model's context."""
    note_code(EVALUATION)  # a sitting loads no run, and these first of all that it evaluates on
    check_chain(params)
    _note(params.paths.exams)
    table = load_exam_table(params)
    corpora = {str(name): Corpus.from_programs(rows) for name, rows in table.groupby("exam")}
    fitting = {
        name: corpus.take(np.flatnonzero(corpus.lengths <= params.context + 1))
        for name, corpus in corpora.items()
    }
    return {name: corpus for name, corpus in fitting.items() if len(corpus)}


def load_counts(params: Params, name: str) -> pd.DataFrame:
    """Return one of the tables of `save_counts`; it needs no file outside results/."""
    path, read = params.paths.counts(name), {"dtype": {"level": str}}
    return load_csv(path, BUCKETING, read=read, params=params.of(BucketParams))

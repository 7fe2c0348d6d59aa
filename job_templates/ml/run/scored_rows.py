"""The rows that an evaluation scores: rows that the model was not trained on, with a note if that is not known."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from backend.data import CheckOptions, Split, load_dataset, resolve_set, split_examples, write_csv
from backend.errors import InputError
from backend.off_topic import with_answers
from backend.records import Example, Tool
from backend.runs import Run, RunConfig, answers_by_language, read_json, write_json
from job_templates.cli import say


def check_options(config: RunConfig) -> CheckOptions:
    """The options with which a run's rows are read."""
    return CheckOptions(
        allow_multiple_calls=config.allow_multiple_calls,
        allow_no_call=config.allow_no_call,
        base_model=config.base_model,
        prompt_format=config.prompt_format,
        declarations=config.declarations,
        test_split=config.test_split,
        seed=config.seed,
    )


def divide(run: Run) -> tuple[tuple[Tool, ...], Split]:
    """Read and split the run's rows; writes train.csv, test.csv and split.json. Raises InputError."""
    config = run.config
    tools, examples = _read_own(run)
    split = split_examples(examples, tools, config.test_split, config.seed)
    if config.max_examples is not None:
        split = _limited(split, config.max_examples, config.seed)
    split = replace(split, train=_with_grown_share(split.train, config.grown_share, config.seed))
    write_csv(split.train, run.inputs / "train.csv")
    write_csv(split.test, run.inputs / "test.csv")
    write_json(run.split_path, split.to_json())
    say(f"{len(split.train)} rows to train on, {len(split.test)} held out, {len(tools)} tools")
    if grown := sum(row.is_grown for row in split.train):
        say(f"A large model wrote {grown} of the rows to train on")
    if split.left_out:
        say(f"{split.left_out} rows that a large model wrote nearly equal held-out rows and are left out")
    return tools, split


def _limited(split: Split, most: int, seed: int) -> Split:
    """The split with at most `most` rows on each side, taken from every tool in turn."""
    return replace(split, train=_sample(split.train, most, seed), test=_sample(split.test, most, seed))


def _with_grown_share(rows: Sequence[Example], share: float, seed: int) -> tuple[Example, ...]:
    """The rows with this share of those that a large model wrote."""
    grown = [row.id for row in rows if row.is_grown]
    kept = set(Random(seed).sample(grown, round(share * len(grown))))
    return tuple(row for row in rows if not row.is_grown or row.id in kept)


def _sample(rows: Sequence[Example], most: int, seed: int) -> tuple[Example, ...]:
    by_tools: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        by_tools[tuple(sorted(call.name for call in row.calls))].append(index)
    turns: list[tuple[int, int, int]] = []
    for number, indices in enumerate(by_tools.values()):
        Random(f"{seed}:{number}").shuffle(indices)
        turns += [(turn, number, index) for turn, index in enumerate(indices)]
    chosen = {index for _, _, index in sorted(turns)[:most]}
    return tuple(row for index, row in enumerate(rows) if index in chosen)


MANY_CALLS = CheckOptions(allow_multiple_calls=True, allow_no_call=True)


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """The tools, the rows to score, the training rows if known, and a note on what was left out."""

    tools: tuple[Tool, ...]
    rows: tuple[Example, ...]
    trained_on: tuple[Example, ...]
    note: str


def scored_rows(run: Run | None, dataset: str | None, tools: str | None, split: str) -> ScoredRows:
    """Choose the rows: a run's own held-out rows, or those of a dataset. Raises InputError if none is left."""
    if run is None:
        if dataset is None:
            raise InputError(
                "This model is not a run, so its rows are unknown. Give --dataset and --tools, or the run's folder."
            )
        return _unknown(*_load(dataset, tools, split))
    if dataset is None:
        own_tools, own = _own(run)
        return ScoredRows(own_tools, own.test, own.train, "")
    other_tools, rows = _load(dataset, tools or str(run.tools_path), split)
    return _of_other_data(other_tools, rows, _own(run)[1])


def _own(run: Run) -> tuple[tuple[Tool, ...], Split]:
    """The run's tools, and its rows as they were split."""
    tools, rows = _read_own(run)
    return tools, Split.from_json(read_json(run.split_path), rows)


def _read_own(run: Run) -> tuple[tuple[Tool, ...], tuple[Example, ...]]:
    """The run's tools and rows; rows without a call have the answer that the run's settings ask for."""
    tools, rows = load_dataset(run.dataset_path, run.tools_path, check_options(run.config))
    return tools, with_answers(rows, answers_by_language(run.config.no_call_answer))


def _load(dataset: str, tools: str | None, split: str) -> tuple[tuple[Tool, ...], tuple[Example, ...]]:
    found = resolve_set(dataset, tools, split, os.environ.get("HF_TOKEN"))
    for sentence in found.summary.sentences:
        say(sentence)
    known, rows = load_dataset(found.dataset, found.tools, MANY_CALLS, whole_set=False)
    real = tuple(row for row in rows if not row.is_grown)
    if rows and not real:
        raise InputError("A large model wrote all rows of the dataset, by their origin column. Give rows of people.")
    if len(real) < len(rows):
        say(f"{len(rows) - len(real)} rows that a large model wrote are not scored")
    return known, real


def _of_other_data(tools: tuple[Tool, ...], rows: Sequence[Example], own: Split) -> ScoredRows:
    """The rows of a dataset that the run held out; if it has none of them, every row that was not trained on."""
    trained, held_out = (_contents(part) for part in (own.train, own.test))
    fresh = tuple(row for row in rows if _content(row) not in trained)
    chosen = tuple(row for row in fresh if _content(row) in held_out)
    if chosen:
        left = len(rows) - len(chosen)
        note = f"{left} rows of the dataset are not among the run's held-out rows and are not scored." if left else ""
        return ScoredRows(tools, chosen, own.train, note)
    if not fresh:
        raise InputError(
            f"The model was trained on all {len(rows)} rows of this dataset, so none of them can be scored. Give rows "
            "that it was not trained on, or leave --dataset out to score the run's own held-out rows."
        )
    left = len(rows) - len(fresh)
    note = "The dataset has none of the run's held-out rows: every row that was not trained on is scored"
    return ScoredRows(tools, fresh, own.train, f"{note} ({left} were left out)." if left else f"{note}.")


def _unknown(tools: tuple[Tool, ...], rows: tuple[Example, ...]) -> ScoredRows:
    """The rows for a model whose training rows are unknown: those of the test split, if a column names it."""
    test = tuple(row for row in rows if row.split == "test")
    note = "The training rows of this model are unknown. Make sure that it was not trained on these rows."
    return ScoredRows(tools, test or rows, (), note)


def _content(row: Example) -> str:
    """The row's id without the number that distinguishes repeated rows."""
    return row.id.partition("-")[0]


def _contents(rows: Sequence[Example]) -> set[str]:
    return {_content(row) for row in rows}

"""Which rows a run trains on and which it holds out: divided once, saved by id, read back by every later stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from backend.data import CheckOptions, Split, load_dataset, split_examples, write_csv
from backend.records import Example, Tool
from backend.runs import Run, RunConfig, write_json
from job_templates.cli import say


def check_options(config: RunConfig) -> CheckOptions:
    """How a run's rows are read."""
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
    """Read the run's rows and divide them; writes train.csv, test.csv and split.json. InputError for faulty rows."""
    config = run.config
    tools, examples = load_dataset(run.dataset_path, run.tools_path, check_options(config))
    split = split_examples(examples, tools, config.test_split, config.seed)
    if config.max_examples is not None:
        split = _limited(split, config.max_examples, config.seed)
    write_csv(split.train, run.inputs / "train.csv")
    write_csv(split.test, run.inputs / "test.csv")
    write_json(run.split_path, split.to_json())
    say(f"{len(split.train)} rows to train on, {len(split.test)} held out, {len(tools)} tools")
    return tools, split


def _limited(split: Split, most: int, seed: int) -> Split:
    """At most so many rows on either side, taken from every tool in turn."""
    return Split(_sample(split.train, most, seed), _sample(split.test, most, seed), split.seed, split.fraction)


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

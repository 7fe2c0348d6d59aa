"""What rows of a large model bring: a training on given rows, on grown ones beside them, and on as many real rows.

Arms: seeds (the given rows), grown (seeds and grown rows), real (as many rows as grown has, of people), all (every row
of people) and all-grown (all with the grown rows that nearly equal none of them). Without more rows
of people than grown has, there is no arm real. Each arm is trained with each seed by train.py, which divides its
own rows to choose the weights, and is scored on --test by evaluate.py, as benchmarks/quality.py counts it. Test rows
that nearly equal a seed or a grown row are left out for all arms, and rows of --real that nearly equal a test row are
in no arm. Arms are held against each other in pairs (exact McNemar over the rows of all seeds). Runs are kept in
--output, and one that is there already is not made again. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.data import CheckOptions, load_dataset, write_csv
from backend.data.similarity import NearIndex
from backend.records import GROWN_BY, Example
from benchmarks.quality import Scores, against, scores, summary_line

READING = CheckOptions(allow_multiple_calls=True, allow_no_call=True)
ARMS = ("seeds", "grown", "real", "all", "all-grown")
COMPARED = (("seeds", "grown"), ("real", "grown"), ("all", "grown"), ("all", "all-grown"))
ORIGIN = f"{GROWN_BY}a large model on 2026-11-27"
"""The origin of grown rows whose file does not name it."""


def main() -> None:
    """Print a line an arm, then how the arms differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--given", type=Path, required=True, metavar="CSV", help="the few rows of people")
    parser.add_argument("--grown", type=Path, required=True, metavar="CSV", help="the rows of a large model")
    parser.add_argument("--test", type=Path, required=True, metavar="CSV", help="rows of people that nothing has seen")
    parser.add_argument("--real", type=Path, metavar="CSV", help="many rows of people, for the last three arms")
    parser.add_argument("--arms", nargs="+", choices=ARMS, help="default: all that the files allow")
    parser.add_argument("--base-model", default="starter")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--flags", default="", help='flags of train.py for every arm, such as "--declarations none"')
    parser.add_argument("--output", type=Path, required=True, help="the folder of the runs")
    arguments = parser.parse_args()
    rows = {name: read(getattr(arguments, name), arguments.tools) for name in ("given", "grown", "test", "real")}
    test, arms = divided(rows)
    arguments.output.mkdir(parents=True, exist_ok=True)
    write_csv(test, arguments.output / "test.csv")
    print(f"{len(test)} of {len(rows['test'])} test rows nearly equal no given and no grown row", flush=True)
    chosen = [name for name in arguments.arms or ARMS if arms[name]]
    found = {name: arm_scores(arguments, name, arms[name]) for name in chosen}
    for first, other in COMPARED:
        if first in found and other in found:
            print(against(found[first], found[other]))
    combined = {name: round(sum(result.combined.values()) / result.rows, 4) for name, result in found.items()}
    print(json.dumps({name: {"rows": len(arms[name]), "combined": value} for name, value in combined.items()}))


def read(path: Path | None, tools: Path) -> tuple[Example, ...]:
    """Returns the rows of a file without the values of a split column; none without a file."""
    if path is None:
        return ()
    _, rows = load_dataset(path, tools, READING, whole_set=False)
    return tuple(replace(row, split=None) for row in rows)


def divided(rows: Mapping[str, Sequence[Example]]) -> tuple[list[Example], dict[str, list[Example]]]:
    """Returns the test rows that are scored, and the rows of each arm; arms without a file have none."""
    given = list(rows["given"])
    grown = [replace(row, origin=row.origin if row.is_grown else ORIGIN) for row in rows["grown"]]
    test = without_near(rows["test"], [*given, *grown])
    others = without_near(rows["real"], [*rows["test"], *given])
    Random(0).shuffle(others)
    return test, {
        "seeds": given,
        "grown": [*given, *grown],
        "real": [*given, *others[: len(grown)]] if len(others) > len(grown) else [],
        "all": [*given, *others] if others else [],
        "all-grown": [*given, *others, *without_near(grown, others)] if others else [],
    }


def without_near(rows: Iterable[Example], others: Iterable[Example]) -> list[Example]:
    """Returns the rows that nearly equal none of the others."""
    index = NearIndex()
    for row in others:
        index.add(row.message)
    return [row for row in rows if index.find(row.message) is None]


def arm_scores(arguments: argparse.Namespace, name: str, rows: Sequence[Example]) -> Scores:
    """Trains and scores an arm with every seed, unless it is done, and prints its line."""
    dataset = arguments.output / f"{name}.csv"
    write_csv(rows, dataset)
    one = argparse.Namespace(
        dataset=dataset,
        tools=arguments.tools,
        base_model=arguments.base_model,
        seeds=arguments.seeds,
        test=arguments.output / "test.csv",
        unseen=None,
        output=arguments.output,
    )
    result = scores(one, f"{name}={arguments.flags}")
    print(f"{len(rows):>5} rows  {summary_line(result)}", flush=True)
    return result


if __name__ == "__main__":
    main()

"""How well settings do on held-out rows and on off-topic messages: train.py and evaluate.py for every setting and seed.

A setting is NAME=FLAGS, such as "names=--declarations names". Every setting trains with the same seeds, and a seed
fixes the split, so two settings are scored on the same rows: the first one is held against each other one in pairs
(exact McNemar over the rows of all seeds). Runs are kept in --output, and one that is there already is not made
again: hours of work can be done in pieces. --unseen is a file with an off-topic message on each line that no training
and no fixed set has. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.runs import read_json
from backend.scoring import SPOKEN
from backend.scoring.intervals import mcnemar, wilson

ROOT = Path(__file__).resolve().parents[1]
DECLARATIONS = [f"{name}=--declarations {name}" for name in ("none", "names", "full")]
Right = dict[str, bool]


@dataclass(frozen=True)
class Scores:
    """What one setting got right over all seeds; `combined` is by seed and row.

    `missed` are answers without the expected call. `spoken` has the right rows and all rows of the probe "as spoken",
    in lower case and without marks. `asked` and `unseen` are (calls, messages) of off-topic messages,
    and `undeclared` the calls of tools that do not exist among both.
    """

    name: str
    rows: int
    tool: int
    argument_rows: int
    arguments: int
    combined: Right
    missed: int
    spoken: tuple[int, int]
    asked: tuple[int, int]
    unseen: tuple[int, int]
    undeclared: int
    seconds: float


def main() -> None:
    """Print a line a setting, then how the others differ from the first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT / "examples" / "hiking.csv")
    parser.add_argument("--tools", type=Path, default=ROOT / "examples" / "tools.json")
    parser.add_argument("--base-model", default="starter")
    parser.add_argument("--setting", action="append", metavar="NAME=FLAGS", help="default: none, names, full")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--unseen", type=Path, metavar="FILE", help="off-topic messages, one on each line")
    parser.add_argument("--test", type=Path, metavar="CSV", help="score these rows instead of the held-out ones")
    parser.add_argument("--output", type=Path, required=True, help="the folder of the runs")
    arguments = parser.parse_args()
    found = [scores(arguments, setting) for setting in arguments.setting or DECLARATIONS]
    for result in found:
        print(summary_line(result), flush=True)
    for other in found[1:]:
        print(against(found[0], other))
    print(json.dumps({result.name: round(sum(result.combined.values()) / result.rows, 4) for result in found}))


def scores(arguments: argparse.Namespace, setting: str) -> Scores:
    """Returns the runs of one setting, which are trained if they are missing, and their right answers."""
    name, _, flags = setting.partition("=")
    combined: Right = {}
    tool = argument_rows = right = missed = undeclared = 0
    off_topic: Counter[str] = Counter()
    called: Counter[str] = Counter()
    spoken = Counter[str]()
    seconds = 0.0
    for seed in arguments.seeds:
        folder = arguments.output / f"{name}-{seed}"
        report = made(arguments, folder, [*shlex.split(flags), "--seed", str(seed)])
        tuned = report["tuned"]
        combined |= {f"{seed}:{row['id']}": bool(row["right"]) for row in tuned["rows"]}
        tool += tuned["tool"]["k"]
        argument_rows, right = argument_rows + tuned["argument"]["n"], right + tuned["argument"]["k"]
        missed += tuned["missed_call"]["k"]
        if SPOKEN in report["probes"]:
            spoken.update({name: report["probes"][SPOKEN]["combined"][name] for name in ("k", "n")})
        for row in report["off_topic"]["rows"]:
            group = "unseen" if row["kind"] == "near miss" else "asked"
            off_topic[group] += 1
            called[group] += bool(row["predicted"])
        undeclared += report["off_topic"]["undeclared"]["k"]
        seconds += read_json(folder / "training.json")["seconds"]
    asked, unseen = ((called[group], off_topic[group]) for group in ("asked", "unseen"))
    mean = seconds / len(arguments.seeds)
    heard = (spoken["k"], spoken["n"])
    return Scores(
        name, len(combined), tool, argument_rows, right, combined, missed, heard, asked, unseen, undeclared, mean
    )


def made(arguments: argparse.Namespace, folder: Path, flags: list[str]) -> dict[str, Any]:
    """Returns the evaluation of the run in `folder`. Trains the run, or resumes its training, if it is missing."""
    evaluation = folder / "evaluation.json"
    if not evaluation.is_file():
        inputs = ["--dataset", str(arguments.dataset), "--tools", str(arguments.tools), "--output-repo", str(folder)]
        script("train", [*inputs, "--base-model", arguments.base_model, "--resume", *flags])
        unseen = ["--near-misses", str(arguments.unseen)] if arguments.unseen else []
        test = ["--dataset", str(arguments.test), "--tools", str(arguments.tools)] if arguments.test else []
        script("evaluate", ["--model", str(folder), "--no-baseline", *test, *unseen])
    return read_json(evaluation)


def script(name: str, flags: list[str]) -> None:
    """Run a job script; what it prints goes to stderr."""
    command = [sys.executable, str(ROOT / "job_templates" / f"{name}.py"), *flags]
    subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, "PYTHONUNBUFFERED": "1"})


def summary_line(result: Scores) -> str:
    """A setting's rates, with the interval of the combined one."""
    right = sum(result.combined.values())
    low, high = wilson(right, result.rows)
    return (
        f"{result.name:<24} tool {result.tool / result.rows:>6.1%}  arguments "
        f"{result.arguments / max(result.argument_rows, 1):>6.1%}  combined {right / result.rows:>6.1%} "
        f"({low:.1%}-{high:.1%}; {right} of {result.rows})  missed {result.missed}  as spoken {result.spoken[0]} of "
        f"{result.spoken[1]}  {calls_of(result)}  "
        f"{result.seconds:.0f} s a training"
    )


def calls_of(result: Scores) -> str:
    """The calls on off-topic messages, of the fixed set and of those that nothing has seen."""
    parts = []
    for name, (calls, messages) in (("off-topic", result.asked), ("unseen", result.unseen)):
        if messages:
            low, high = wilson(calls, messages)
            parts.append(f"{name} {calls} of {messages} called ({low:.1%}-{high:.1%})")
    return "  ".join([*parts, f"{result.undeclared} undeclared"])


def against(first: Scores, other: Scores) -> str:
    """How another setting differs from the first on the rows that both answered."""
    shared = first.combined.keys() & other.combined.keys()
    worse = sum(first.combined[key] and not other.combined[key] for key in shared)
    better = sum(other.combined[key] and not first.combined[key] for key in shared)
    return (
        f"{other.name} against {first.name}: {better} rows only {other.name} got right, {worse} only {first.name}, "
        f"of {len(shared)}: p = {mcnemar(worse, better):.3f}"
    )


if __name__ == "__main__":
    main()

"""What a search for better settings brings: sweep.py against one training with the defaults, for several seeds.

A seed fixes the split, so both are scored on the same held-out rows, which chose nothing (exact McNemar over the rows
of all seeds). The minutes of both are printed, because a training with the defaults takes only a part of the search's
budget. Other flags are those of train.py and sweep.py, such as --max-examples 60. Runs are kept in --output, and a
search that was cut off continues. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.runs import Run, TrainingSummary
from backend.scoring import Evaluation, mcnemar
from backend.trials import read_sweep

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Scored:
    """A run's right held-out rows by id, its minutes, and what its search found."""

    right: dict[str, bool]
    minutes: float
    found: str


def main() -> None:
    """Print a line for each seed and each way, then the comparison over all seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT / "examples" / "hiking.csv")
    parser.add_argument("--tools", type=Path, default=ROOT / "examples" / "tools.json")
    parser.add_argument("--base-model", default="starter")
    parser.add_argument("--minutes", type=float, default=30.0, help="the budget of each search (default: %(default)s)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--output", type=Path, required=True, help="the folder of the runs")
    arguments, flags = parser.parse_known_args()
    totals = {"rows": 0, "defaults": 0, "searched": 0, "gained": 0, "lost": 0}
    for seed in arguments.seeds:
        default, searched = (scored(arguments, flags, seed, way) for way in ("train", "sweep"))
        for name, one in (("defaults", default), ("searched", searched)):
            rate = f"{sum(one.right.values())} of {len(one.right)} right"
            print(f"seed {seed}  {name}  {rate}  {one.minutes:.1f} minutes  {one.found}", flush=True)
            totals[name] += sum(one.right.values())
        totals["rows"] += len(default.right)
        totals["gained"] += sum(searched.right[row] and not right for row, right in default.right.items())
        totals["lost"] += sum(right and not searched.right[row] for row, right in default.right.items())
    p = mcnemar(totals["lost"], totals["gained"])
    print(json.dumps({**totals, "p": round(p, 4), "minutes": arguments.minutes, "base": arguments.base_model}))


def scored(arguments: argparse.Namespace, flags: list[str], seed: int, way: str) -> Scored:
    """Returns a run of one way and seed; it is made if it is missing."""
    folder = arguments.output.absolute() / f"{way}-{seed}"
    if not (folder / "evaluation.json").is_file():
        data = ["--dataset", str(arguments.dataset), "--tools", str(arguments.tools), "--output-repo", str(folder)]
        budget = [f"--minutes={arguments.minutes}"] if way == "sweep" else []
        shared = [f"--base-model={arguments.base_model}", f"--seed={seed}", *flags, "--resume"]
        _script(way, *data, *shared, *budget)
        if way == "train":
            _script("evaluate", "--model", str(folder), "--no-baseline")
    run = Run.open(folder)
    sweep = read_sweep(run)
    seconds = (sweep.seconds if sweep else 0.0) + TrainingSummary.read(run.training_path).seconds
    rows = Evaluation.read(run.evaluation_path).tuned.rows
    found = sweep.found.reason if sweep and sweep.found else ""
    return Scored({row.id: row.right for row in rows}, seconds / 60, found)


def _script(name: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "job_templates" / f"{name}.py"), *arguments], check=True, stdout=sys.stderr
    )


if __name__ == "__main__":
    main()

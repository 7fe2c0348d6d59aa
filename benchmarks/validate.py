"""How long the whole data check takes, and how much memory, on 1,000, 10,000 and 50,000 rows.

The rows are the example set's, or those of the files given, enlarged with variations: words swapped for others of the
same set, typing slips, and openings and endings as people add them. Every rule runs (suspect labels are a tool of their
own). The last line is one JSON object for the largest size.

With --against the whole command is timed instead: `job_templates/validate.py` as it is now and as it was at a git
revision, in turns, so that both have the same machine. Each pair of runs gives a ratio of times and one of CPU times.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.data import CheckOptions, check_files, load_dataset, write_csv
from backend.data.text.normal_form import normal_message
from backend.records import Example

ROOT = Path(__file__).resolve().parents[1]
SIZES = (1_000, 10_000, 50_000)
OPENINGS = ("", "", "hey, ", "please ", "ok so ", "could you tell me: ", "quick question, ", "um, ")
ENDINGS = ("", "", " please", " thanks", " right now", " today", ", if you can", " for me")


def main() -> None:
    """Print time, peak memory and CPU time a row for each size; the growth shows as a ratio of CPU times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT / "examples" / "hiking.csv")
    parser.add_argument("--tools", type=Path, default=ROOT / "examples" / "tools.json")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--against", metavar="REVISION", help="time the command now and at this revision")
    parser.add_argument("--rows", type=int, default=942, help="rows for --against (default %(default)s)")
    parser.add_argument("--pairs", type=int, default=9, help="pairs of runs for --against (default %(default)s)")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.tools)))
        return
    _, examples = load_dataset(arguments.dataset, arguments.tools)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.against:
            write_csv(enlarged(examples, arguments.rows), Path(folder) / "rows.csv")
            compare(arguments.against, Path(folder), arguments.tools.resolve(), arguments.pairs)
            return
        measured = [run_apart(examples, size, arguments.tools, Path(folder)) for size in sorted(arguments.sizes)]
    first = measured[0]
    for result in measured:
        growth = (result["cpu_seconds"] / first["cpu_seconds"]) / (result["rows"] / first["rows"])
        print(
            f"{result['rows']:>7,} rows  {result['seconds']:>6.1f} s  {result['cpu_seconds']:>6.1f} CPU s  "
            f"{result['peak_mb']:>6.0f} MB  "
            f"{1e6 * result['cpu_seconds'] / result['rows']:>6.0f} µs a row  {growth:.2f} of linear growth"
        )
    print(json.dumps(measured[-1]))


def compare(revision: str, folder: Path, tools: Path, pairs: int) -> None:
    """Print how long the command takes now and at the revision, and the ratio of each pair of runs with its range."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", revision], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder / "then", filter="data")
    trees = {"now": ROOT, "then": folder / "then"}
    for tree in trees.values():  # the first run compiles the modules
        run_command(tree, folder / "rows.csv", tools)
    runs: dict[str, list[Times]] = {name: [] for name in trees}
    for turn in range(pairs):
        for name in sorted(trees, reverse=turn % 2 == 1):
            runs[name].append(run_command(trees[name], folder / "rows.csv", tools))
    result = {
        kind: {name: round(median(getattr(one, kind) for one in times), 2) for name, times in runs.items()}
        | ratios([getattr(then, kind) / getattr(now, kind) for now, then in zip(*runs.values(), strict=True)])
        for kind in Times._fields
    }
    for kind, numbers in result.items():
        print(
            f"{kind:<12} now {numbers['now']:.2f} s, {revision} {numbers['then']:.2f} s: "
            f"{numbers['ratio']:.2f} times faster ({numbers['least']:.2f} to {numbers['most']:.2f} in {pairs} pairs)"
        )
    print(json.dumps({"revision": revision, "pairs": pairs, **result}))


class Times(NamedTuple):
    """Wall and CPU seconds of one run of the command."""

    seconds: float
    cpu_seconds: float


def run_command(tree: Path, dataset: Path, tools: Path) -> Times:
    """Run validate.py of a tree on the rows; raises CalledProcessError if it finds an error or fails."""
    command = [sys.executable, "job_templates/validate.py", "--dataset", str(dataset), "--tools", str(tools)]
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Times(time.perf_counter() - start, cpu)


def ratios(values: Sequence[float]) -> dict[str, float]:
    """The median ratio, the least and the most."""
    return {"ratio": round(median(values), 2), "least": round(min(values), 2), "most": round(max(values), 2)}


def run_apart(examples: tuple[Example, ...], size: int, tools: Path, folder: Path) -> dict[str, float]:
    """Measure one size in a process of its own, so that its peak memory is its own."""
    path = folder / f"{size}.csv"
    write_csv(enlarged(examples, size), path)
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", str(path), "--tools", str(tools)]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def measure(dataset: Path, tools: Path) -> dict[str, float]:
    """The rows, wall and CPU seconds, and peak megabytes of one whole check."""
    start, cpu = time.perf_counter(), time.process_time()
    report = check_files(dataset, tools, CheckOptions(declarations="none"))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "rows": report.rows,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "peak_mb": round(peak, 1),
    }


def enlarged(examples: tuple[Example, ...], size: int, seed: int = 42) -> list[Example]:
    """`size` rows with messages that differ from each other, made from the examples."""
    random = Random(seed)
    words = sorted({word for example in examples for word in example.message.split()})
    rows: list[Example] = []
    seen: set[str] = set()
    while len(rows) < size:
        example = random.choice(examples)
        message = varied(example.message, words, random)
        normal = normal_message(message)
        if normal not in seen:
            seen.add(normal)
            rows.append(replace(example, message=message))
    return rows


def varied(message: str, words: list[str], random: Random) -> str:
    """The message as someone else might type it."""
    parts = message.split()
    for _ in range(random.randint(0, 2)):
        parts[random.randrange(len(parts))] = random.choice(words)
    if random.random() < 0.3:
        at = random.randrange(len(parts))
        word = parts[at]
        cut = random.randrange(len(word))
        parts[at] = word[:cut] + word[cut + 1 :] or word
    return random.choice(OPENINGS) + " ".join(parts) + random.choice(ENDINGS)


if __name__ == "__main__":
    main()

"""How long the whole data check takes, and how much memory, on 1,000, 10,000 and 50,000 rows.

The rows are the example set's, or those of the files given, enlarged with variations: words swapped for others of the
same set, typing slips, and openings and endings as people add them. Every rule runs (suspect labels are a tool of their
own). Each size is measured as CSV and as JSONL of chat messages with the same rows. The last line is one JSON object
for the largest size.

With --against the whole command is timed instead: `job_templates/validate.py` as it is now and as it was at a git
revision, in turns, so that both have the same machine. Each pair of runs gives a ratio of times and one of CPU times.
In each turn the command also reads the same rows as JSONL, and its time is divided by that of the CSV.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple

sys.path[0] = str(Path(__file__).resolve().parents[1])

from backend.data import CheckOptions, check_files, load_dataset, resolve_set, write_csv
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
    parser.add_argument("--rows", type=int, nargs="+", default=(942, 50_000), help="sizes for --against")
    parser.add_argument("--pairs", type=int, default=9, help="pairs of runs for --against (default %(default)s)")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.tools)))
        return
    _, examples = load_dataset(arguments.dataset, arguments.tools)
    with tempfile.TemporaryDirectory() as folder:
        if arguments.against:
            then = tree_at(arguments.against, Path(folder) / "then")
            for size in sorted(arguments.rows):
                files = written(enlarged(examples, size), Path(folder), str(size))
                compare(then, arguments.against, files, arguments.tools.resolve(), arguments.pairs)
            return
        measured = []
        for size in sorted(arguments.sizes):
            files = written(enlarged(examples, size), Path(folder), str(size))
            measured += [run_apart(path, arguments.tools) for path in files]
    for result in measured:
        first = next(one for one in measured if one["kind"] == result["kind"])
        growth = (result["cpu_seconds"] / first["cpu_seconds"]) / (result["rows"] / first["rows"])
        print(
            f"{result['rows']:>7,} rows as {result['kind']:<5}  {result['seconds']:>6.1f} s  "
            f"{result['cpu_seconds']:>6.1f} CPU s  "
            f"{result['peak_mb']:>6.0f} MB  "
            f"{1e6 * result['cpu_seconds'] / result['rows']:>6.0f} µs a row  {growth:.2f} of linear growth"
        )
    print(json.dumps(measured[-1]))


def tree_at(revision: str, folder: Path) -> Path:
    """Write the files of a git revision into the folder."""
    archive = subprocess.run(["git", "-C", str(ROOT), "archive", revision], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def written(rows: list[Example], folder: Path, name: str) -> tuple[Path, Path]:
    """Write the rows as CSV and as JSONL of OpenAI's chat messages, and return both paths."""
    table, lines = folder / f"{name}.csv", folder / f"{name}.jsonl"
    write_csv(rows, table)
    lines.write_text("".join(json.dumps({"messages": chat(row)}) + "\n" for row in rows), encoding="utf-8")
    return table, lines


def chat(row: Example) -> list[dict[str, Any]]:
    """The row as a message of the user and one of the assistant."""
    functions = [{"name": call.name, "arguments": json.dumps(call.arguments)} for call in row.calls]
    calls = [{"type": "function", "function": function} for function in functions]
    return [{"role": "user", "content": row.message}, {"role": "assistant", "tool_calls": calls}]


def compare(then: Path, revision: str, files: tuple[Path, Path], tools: Path, pairs: int) -> None:
    """Print what the command takes now and at the revision, and the ratio of each pair of runs with its range."""
    table, lines = files
    kinds = {"now": (ROOT, table), "then": (then, table), "JSONL": (ROOT, lines)}
    for tree, path in kinds.values():  # the first run compiles the modules
        run_command(tree, path, tools)
    runs: dict[str, list[Run]] = {name: [] for name in kinds}
    for turn in range(pairs):
        for name in sorted(kinds, reverse=turn % 2 == 1):
            runs[name].append(run_command(*kinds[name], tools))
    result = {kind: of_kind(kind, runs) for kind in Run._fields}
    for kind, numbers in result.items():
        print(
            f"{int(table.stem):>7,} rows  {kind:<11}  now {numbers['now']:.2f}, {revision} {numbers['then']:.2f}: "
            f"{numbers['ratio']:.2f} of it ({numbers['least']:.2f} to {numbers['most']:.2f} in {pairs} pairs)  "
            f"JSONL {numbers['JSONL']:.2f}: {numbers['JSONL_ratio']:.2f} of the CSV's"
        )
    print(json.dumps({"revision": revision, "rows": int(table.stem), "pairs": pairs, **result}))


class Run(NamedTuple):
    """Wall and CPU seconds and peak megabytes of one run of the command."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def of_kind(kind: str, runs: Mapping[str, Sequence[Run]]) -> dict[str, float]:
    """The medians of one kind of figure, and its ratios within each turn."""
    figures = {name: [float(getattr(one, kind)) for one in found] for name, found in runs.items()}
    medians = {name: round(median(found), 2) for name, found in figures.items()}
    before = [now / then for now, then in zip(figures["now"], figures["then"], strict=True)]
    beside = [lines / now for lines, now in zip(figures["JSONL"], figures["now"], strict=True)]
    return {**medians, **ratios(before), "JSONL_ratio": round(median(beside), 2)}


def run_command(tree: Path, dataset: Path, tools: Path) -> Run:
    """Run validate.py of a tree on the rows; raises CalledProcessError if it finds an error or fails."""
    command = [sys.executable, "job_templates/validate.py", "--dataset", str(dataset), "--tools", str(tools)]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def ratios(values: Sequence[float]) -> dict[str, float]:
    """The median ratio, the least and the most."""
    return {"ratio": round(median(values), 2), "least": round(min(values), 2), "most": round(max(values), 2)}


def run_apart(path: Path, tools: Path) -> dict[str, Any]:
    """Measure one file in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--measure", str(path), "--tools", str(tools)]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def measure(dataset: Path, tools: Path) -> dict[str, Any]:
    """The rows, wall and CPU seconds, and peak megabytes of one whole check, with the import of another format."""
    start, cpu = time.perf_counter(), time.process_time()
    found = resolve_set(str(dataset), tools, "train")
    report = check_files(found.dataset, found.tools, CheckOptions(declarations="none"))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "kind": dataset.suffix[1:].upper(),
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

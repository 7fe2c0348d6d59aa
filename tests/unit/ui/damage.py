"""A run that has everything, and every way in which one of its files can be damaged."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.jobs.huggingface import write_order
from backend.jobs.states import JobState, write_state
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.runs import FolderStore, Run, RunConfig, append_event, write_json
from backend.scoring import Setup, build_evaluation, score_rows
from backend.scoring.comparison import compare_rows
from backend.scoring.evaluation import Comparison
from tests.conftest import ROOT
from tests.documents import training, verification

FORMAT = get_format("native")
TOOLS = tuple(Tool(name, "x", {"type": "object", "properties": {}}) for name in ("climb", "water"))
DOCUMENTS = (
    "run.json", "remote.json", "training.json", "evaluation.json", "export/verification.json",
    "stages/train.json", "stages/evaluate.json", "inputs/tools.json",
)  # fmt: skip
FILES = (*DOCUMENTS, "metrics.jsonl", "inputs/dataset.csv", "inputs/split.json", "stages", "inputs", "export")
WRONG: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    "\ud800<b>",
    "x" * 5000,
    -1,
    10**400,
    float("nan"),
    [[]],
    {"a": {"b": []}},
)


def whole_run(store: FolderStore, *, remote: bool) -> Run:
    """A trained, evaluated and exported run; `remote` if its jobs were on Hugging Face."""
    run = store.create(RunConfig(), ROOT / "examples/hiking.csv", ROOT / "examples/tools.json", "Whole")
    rows = [Example(f"row{at}", at + 2, "Where?", (Call(name, {}),)) for at, name in enumerate(["climb", "water"])]
    said = [FORMAT.completion(row.calls) for row in rows]
    report = score_rows(rows, said, TOOLS, FORMAT)
    evaluation = build_evaluation(
        report, report, Setup(model="m"), ngram_baseline=report, probes={"lower case": report}
    )
    pair = compare_rows(report.rows, report.rows)
    assert pair is not None
    evaluation = replace(evaluation, beside=(Comparison("other", pair),))
    write_json(run.evaluation_path, evaluation.to_dict())
    write_json(run.training_path, training())
    run.export_dir.mkdir()
    (run.export_dir / "whole.litertlm").write_bytes(b"x" * 10)
    write_json(run.export_dir / "verification.json", verification(accuracy=report.to_dict()))
    run.checkpoint.mkdir()
    (run.checkpoint / "model.safetensors").write_bytes(b"x")
    for number in (1, 2, 3):
        event = {"event": "step", "stage": "train", "step": number, "steps": 3, "loss": 1.0 / number}
        append_event(run.metrics_path, event)
    for stage in ("train", "evaluate"):
        write_state(run, stage, JobState("completed", 1.0, 2.0, 0, remote=remote))
    if remote:
        write_order(run, "ada", "t4-small", 1800)
    return run


def _written(content: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        _gone(path)
        path.write_bytes(content)

    return damage


def _cut(path: Path) -> None:
    if path.is_file():
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _folder(path: Path) -> None:
    _gone(path)
    path.mkdir()


def _link(path: Path, target: str) -> None:
    _gone(path)
    path.symlink_to(target)


def _gone(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _closed(path: Path) -> None:
    if path.exists():
        path.chmod(0)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "gone": _gone,
    "empty": _written(b""),
    "cut off": _cut,
    "a list": _written(b"[1, 2]"),
    "not a number": _written(b"NaN"),
    "an empty object": _written(b"{}"),
    "no text": _written(b"\xff\xfe\x00{"),
    "a folder": _folder,
    "not to be read": _closed,
    "a link to nowhere": lambda path: _link(path, "nowhere"),
    "a link to itself": lambda path: _link(path, path.name),
    "nested brackets": _written(b"[" * 5_000_000),
    "nested objects": _written(b'{"a":' * 1_000_000),
}


def fields(document: Any, depth: int = 4, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every field of a document, as deep as `depth`; of a list, to its first element."""
    inside = document.items() if isinstance(document, dict) else enumerate(document[:1])
    for key, value in inside:
        yield (*at, key)
        if isinstance(value, dict | list) and depth > 1:
            yield from fields(value, depth - 1, (*at, key))


def put_wrong(path: Path, at: tuple[Any, ...], value: Any) -> None:
    """Put a value of the wrong type in the place of a field of a document."""
    document = json.loads(path.read_bytes())
    inside = document
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = value
    stat = path.stat()
    path.write_text(json.dumps(document), encoding="utf-8")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))

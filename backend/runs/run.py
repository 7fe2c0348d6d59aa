"""A run: a folder of plain files, with the same layout on a disk and in a Hub repository."""

from __future__ import annotations

import csv
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.files import copy_file, read_json, write_json
from backend.runs.config import RunConfig
from backend.runs.folders import built_beside
from backend.runs.version import code_version

SCHEMA = 1
STAGES = ("train", "evaluate", "export")
MAX_NAME = 100
NEAR_MISSES = "near_misses.txt"
RECORD_BYTES = 1024 * 1024
NEW_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class Run:
    """The settings of one model and the paths of its files.

    `created` is ISO 8601 in UTC. `data` has dataset_name, dataset_sha256, tools_sha256, rows and tools (counts at the
    creation, None if a file cannot be read).
    """

    id: str
    path: Path
    config: RunConfig
    name: str
    created: str
    data: Mapping[str, Any] = field(default_factory=dict)
    code_version: str = ""

    @classmethod
    def create(
        cls,
        path: Path,
        config: RunConfig,
        dataset: Path,
        tools: Path,
        name: str | None = None,
        near_misses: Path | None = None,
    ) -> Run:
        """Makes the folder with copies of the inputs; it appears complete or not at all.

        `near_misses` is a text file with a message on each line, if there are any.

        Raises InputError if the folder is not empty, an input cannot be read, or the disk is full.
        """
        path = path.expanduser().absolute()
        if path.is_symlink() or path.is_file() or (path.is_dir() and any(path.iterdir())):
            raise InputError(f"{path} already exists. Name a folder that does not exist yet, or is empty.")
        with built_beside(path) as building:
            if near_misses is not None:
                (building / "inputs").mkdir()
                copy_file(near_misses, building / "inputs" / NEAR_MISSES)
            return _fill(building, path, config, dataset, tools, name)

    @classmethod
    def open(cls, path: Path) -> Run:
        """Reads the run in a folder. Raises InputError if there is none, or its run.json is damaged."""
        path = path.expanduser().absolute()
        if not path.is_dir():
            raise InputError(f"{path} is not a folder, so it is not a run.")
        source = path / "run.json"
        if not source.is_file():
            raise InputError(f"{path} is not a run: it has no run.json. Name a folder that train.py or the app made.")
        record = read_json(source, RECORD_BYTES)
        if record.get("schema") != SCHEMA:
            raise InputError(
                f"{source} has schema {record.get('schema')!r}; this version reads {SCHEMA}. "
                "Update the trainer, or open the run with the version that made it."
            )
        try:
            return cls(path=path, **_parsed(record))
        except InputError as error:
            raise InputError(f"{source} is damaged: {error}") from error

    def with_config(self, config: RunConfig) -> Run:
        """Writes other settings to run.json, and returns the run with them. Raises InputError if the disk is full."""
        source = self.path / "run.json"
        write_json(source, {**read_json(source, RECORD_BYTES), "config": config.to_dict()})
        return replace(self, config=config)

    @property
    def inputs(self) -> Path:
        """The folder of the inputs: tools.json, dataset.csv, near_misses.txt, train.csv, test.csv, split.json."""
        return self.path / "inputs"

    @property
    def tools_path(self) -> Path:
        """The uploaded tools."""
        return self.inputs / "tools.json"

    @property
    def dataset_path(self) -> Path:
        """The uploaded rows."""
        return self.inputs / "dataset.csv"

    @property
    def near_misses_path(self) -> Path:
        """The user's messages about the subject of the tools that no tool can carry out; it may be absent."""
        return self.inputs / NEAR_MISSES

    @property
    def split_path(self) -> Path:
        """The record of the training rows and the held-out rows."""
        return self.inputs / "split.json"

    @property
    def checkpoint(self) -> Path:
        """The folder of the trained weights, with tokenizer, chat template and model card."""
        return self.path / "checkpoint"

    @property
    def resume(self) -> Path:
        """The folder of the saved states of an unfinished training; it is removed when the training is complete."""
        return self.path / "resume"

    @property
    def training_path(self) -> Path:
        """The summary of the training."""
        return self.path / "training.json"

    @property
    def metrics_path(self) -> Path:
        """The events of all stages, one per line."""
        return self.path / "metrics.jsonl"

    @property
    def evaluation_path(self) -> Path:
        """The report of the held-out rows."""
        return self.path / "evaluation.json"

    @property
    def export_dir(self) -> Path:
        """The folder of the exported file and its verification."""
        return self.path / "export"

    def log_path(self, stage: str) -> Path:
        """Returns the path of a stage's output."""
        return self.path / "logs" / f"{stage}.log"

    def state_path(self, stage: str) -> Path:
        """Returns the path of the state of a stage's job."""
        return self.path / "stages" / f"{stage}.json"

    def lock_path(self, stage: str) -> Path:
        """Returns the path of the lock that a stage's job holds while it is active."""
        return self.path / "stages" / f"{stage}.lock"


def new_id() -> str:
    """Returns an id that sorts by time, such as 20261122-104512-3f2a (UTC)."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _fill(folder: Path, path: Path, config: RunConfig, dataset: Path, tools: Path, name: str | None) -> Run:
    """Writes a new run's files to `folder`; the returned Run has `path`, to which the folder is renamed."""
    (folder / "inputs").mkdir(exist_ok=True)
    data = {
        "dataset_name": dataset.name,
        "dataset_sha256": copy_file(dataset, folder / "inputs" / "dataset.csv"),
        "tools_sha256": copy_file(tools, folder / "inputs" / "tools.json"),
        "rows": _count_rows(folder / "inputs" / "dataset.csv"),
        "tools": _count_tools(folder / "inputs" / "tools.json"),
    }
    run = Run(
        id=path.name if NEW_ID.fullmatch(path.name) else new_id(),
        path=path,
        config=config,
        name=_clean_name(name or dataset.stem),
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        data=data,
        code_version=code_version(),
    )
    record = {"schema": SCHEMA, "id": run.id, "name": run.name, "created": run.created}
    rest = {"config": config.to_dict(), "data": data, "code_version": run.code_version}
    write_json(folder / "run.json", {**record, **rest})
    return run


def _clean_name(name: str) -> str:
    """Returns the name as one printable line of at most 100 characters."""
    text = "".join(character if character.isprintable() else " " for character in name)
    return " ".join(text.split())[:MAX_NAME].strip() or "run"


def _count_rows(dataset: Path) -> int | None:
    try:
        with dataset.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            return max(sum(1 for row in csv.reader(file) if any(row)) - 1, 0)
    except csv.Error:  # the check of the data reports it
        return None


def _count_tools(tools: Path) -> int | None:
    try:
        value = json.loads(tools.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):  # the check of the tools reports it
        return None
    if isinstance(value, dict):
        value = value.get("tools", [value])
    return len(value) if isinstance(value, list) else None


def _parsed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the typed fields of run.json. Raises InputError with the first that is missing or wrong."""
    for key in ("id", "name", "created"):
        if not isinstance(record.get(key), str) or not record[key]:
            raise InputError(f"{key!r} must be text, found {record.get(key)!r}.")
    try:
        datetime.fromisoformat(record["created"])
    except ValueError as error:
        raise InputError(f"'created' must be a date and time, found {record['created']!r}.") from error
    if not isinstance(record.get("config"), dict):
        raise InputError(f"'config' must be an object, found {record.get('config')!r}.")
    data = record.get("data")
    return {
        "id": record["id"],
        "name": _clean_name(record["name"]),
        "created": record["created"],
        "config": RunConfig.from_dict(record["config"], stored=True),
        "data": data if isinstance(data, dict) else {},
        "code_version": str(record.get("code_version", "")),
    }

"""The run: its record, its files, its events, and where it is kept."""

from __future__ import annotations

from backend.files import read_json, write_json, write_text
from backend.redact import redact
from backend.runs.config import STARTER, RunConfig, default_config
from backend.runs.event import Event
from backend.runs.events import append_event, read_events
from backend.runs.run import STAGES, Run, new_id
from backend.runs.store import FolderStore, StoredRun
from backend.runs.training import TrainingSummary
from backend.runs.version import code_version

__all__ = [
    "STAGES",
    "STARTER",
    "Event",
    "FolderStore",
    "Run",
    "RunConfig",
    "StoredRun",
    "TrainingSummary",
    "append_event",
    "code_version",
    "default_config",
    "new_id",
    "read_events",
    "read_json",
    "redact",
    "write_json",
    "write_text",
]

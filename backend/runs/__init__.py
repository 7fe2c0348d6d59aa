"""The run: its record, its files, its events, and the store of all runs."""

from backend.files import read_json, write_json, write_text
from backend.redact import redact
from backend.runs.choices import Engine, PrecisionName
from backend.runs.config import STARTER, RunConfig, default_config
from backend.runs.epochs import Effort, planned_epochs, shown, with_effort
from backend.runs.event import Event
from backend.runs.event_log import EventLog, latest_try
from backend.runs.events import append_event, parse_event, read_events, read_lines
from backend.runs.fallback import fallback_folder, refusal, usual_home
from backend.runs.folders import Scratch, built_beside, own_temporary, put_in_place, remove
from backend.runs.link_check import check_no_links, own_file, own_files
from backend.runs.run import STAGES, Run, new_id
from backend.runs.saved_state import last_saved_state, relink_best
from backend.runs.setting import Setting, settings_of
from backend.runs.silence import answers_by_language, put_back_keys
from backend.runs.store import ID, FolderStore, StoredRun
from backend.runs.sweep import sweep
from backend.runs.training import TrainingSummary
from backend.runs.version import code_version

__all__ = [
    "ID",
    "STAGES",
    "STARTER",
    "Effort",
    "Engine",
    "Event",
    "EventLog",
    "FolderStore",
    "PrecisionName",
    "Run",
    "RunConfig",
    "Scratch",
    "Setting",
    "StoredRun",
    "TrainingSummary",
    "answers_by_language",
    "append_event",
    "built_beside",
    "check_no_links",
    "code_version",
    "default_config",
    "fallback_folder",
    "last_saved_state",
    "latest_try",
    "new_id",
    "own_file",
    "own_files",
    "own_temporary",
    "parse_event",
    "planned_epochs",
    "put_back_keys",
    "put_in_place",
    "read_events",
    "read_json",
    "read_lines",
    "redact",
    "refusal",
    "relink_best",
    "remove",
    "settings_of",
    "shown",
    "sweep",
    "usual_home",
    "with_effort",
    "write_json",
    "write_text",
]

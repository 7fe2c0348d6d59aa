"""The state of a run in a few words."""

from __future__ import annotations

from markupsafe import Markup

from ui.services import Summary

DOING = {"train": "Training", "evaluate": "Evaluating", "export": "Exporting"}
DONE = {"train": "Trained", "evaluate": "Evaluated", "export": "Exported"}


def state_of(summary: Summary) -> Markup | str:
    """The state of a run that can be read."""
    doing = DOING.get(summary.stage, "")
    match summary.state:
        case "running":
            share = "" if summary.fraction is None else f" {summary.fraction * 100:.0f} %"
            return Markup('<span class="busy">{}{}</span>').format(doing, share)
        case "queued":
            return Markup('<span class="busy">{} waiting</span>').format(doing)
        case "failed":
            return Markup('<span class="error">{} failed</span>').format(doing)
        case "cancelled":
            return f"{doing} cancelled"
        case "done":
            return DONE[summary.stage]
        case _:
            return "Not started"


def base_name(summary: Summary) -> str:
    """The last part of the base model's name."""
    return summary.base.rstrip("/").rpartition("/")[2]

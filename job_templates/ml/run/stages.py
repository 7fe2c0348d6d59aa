"""Where a run's stages say that they begin and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from backend.runs import Event, Run, append_event


@contextmanager
def stage(run: Run, name: str) -> Iterator[None]:
    """Write the stage's start to metrics.jsonl, and its end: done, or failed with the reason."""

    def tell(state: str, message: str = "") -> None:
        append_event(run.metrics_path, Event("stage", name, state=state, message=message).to_dict())

    tell("started")
    try:
        yield
    except BaseException as error:
        tell("failed", str(error) or type(error).__name__)
        raise
    tell("done")

"""Counting what makes the host wait for the GPU, and where: a line of code each."""

from __future__ import annotations

import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

MESSAGE = "synchronizing CUDA operation"
"""What torch warns of when the host waits (c10/cuda/CUDAFunctions.cpp, warn_or_error_on_sync)."""
ALLOWED = (
    ("the next rows' labels go to the GPU", "accelerate/utils/operations.py", "send_to_device"),
    ("loss and gradient norm are read for the log", "transformers/trainer.py", "_maybe_log_save_evaluate"),
    ("float16: whether the gradient overflowed", "torch/amp/grad_scaler.py", "_maybe_opt_step"),
)
"""Waits that a step may have, in words, and the file and function that they come from: all of them between steps, or
where the optimiser needs an answer."""


@dataclass(frozen=True, slots=True)
class Sync:
    """One wait: the line of code, and why it is allowed, or nothing if it is not."""

    line: str
    allowed: str


@contextmanager
def counted(found: list[Sync], device: str) -> Iterator[None]:
    """Append every wait to `found`; a device other than "cuda" has none."""
    if device != "cuda":
        yield
        return
    with noted(found):
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode("default")


@contextmanager
def noted(found: list[Sync]) -> Iterator[None]:
    """Append what torch warns of to `found`, with the line of code that it comes from."""

    def note(message: Any, *_: Any, **__: Any) -> None:
        if MESSAGE in str(message):
            found.append(_placed(traceback.extract_stack()[:-1]))

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = note
        yield


def _placed(stack: Sequence[traceback.FrameSummary]) -> Sync:
    frames = [frame for frame in stack if Path(frame.filename).name != "warnings.py"]
    innermost = frames[-1]
    line = f"{short(innermost.filename)}:{innermost.lineno} in {innermost.name}: {innermost.line}"
    ours = [frame for frame in frames if "job_templates" in Path(frame.filename).parts]
    if ours and ours[-1] is not innermost:
        line += f" (from {short(ours[-1].filename)}:{ours[-1].lineno})"
    reasons = (why for why, file, name in ALLOWED if any(_is(frame, file, name) for frame in frames))
    return Sync(line, next(reasons, ""))


def _is(frame: traceback.FrameSummary, file: str, name: str) -> bool:
    return frame.name == name and Path(frame.filename).as_posix().endswith(file)


def short(filename: str) -> str:
    """The path from the package on."""
    parts = Path(filename).parts
    for start in ("site-packages", "dist-packages"):
        if start in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(start) :])
    for own in ("job_templates", "benchmarks"):
        if own in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(own) - 1 :])
    return "/".join(parts[-3:])


def lines(found: Sequence[Sync]) -> list[str]:
    """The waits, the same ones together, those first that are not allowed."""
    counts = Counter(found)
    ordered = sorted(counts, key=lambda sync: bool(sync.allowed))
    return [
        f"{'allowed' if sync.allowed else 'NOT ALLOWED'}, {counts[sync]} a step: {sync.line}"
        + (f" ({sync.allowed})" if sync.allowed else "")
        for sync in ordered
    ]

"""Starting the conversion as a process of its own, following it, and saying plainly why it failed.

A process of its own gives its memory back before the file is verified, lets the export survive a crash of the native
converter, and has a fixed hash seed, without which two conversions of one checkpoint differ.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError
from job_templates.ml.litert.convert_worker import PEAK_MEMORY
from job_templates.ml.litert.recipes import Recipe
from job_templates.ml.litert.source import Source

ROOT = Path(__file__).resolve().parents[3]
TAIL_LINES = 40

OnPhase = Callable[[str, int, int], None]
"""Called with the phase (load, convert, quantize), the steps done, and the steps in all."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The model as TFLite, and the largest memory its conversion took."""

    tflite: Path
    peak_memory_mb: float


def convert(
    source: Source, out: Path, prefill_lengths: Sequence[int], cache_length: int, recipe: Recipe, on_phase: OnPhase
) -> Converted:
    """Convert a checkpoint (with its adapter, if any) into `out`; InputError where the libraries cannot.

    What the libraries print is noise and is shown only when they fail.
    """
    order = {
        "checkpoint": str(source.weights),
        "adapter": str(source.adapter) if source.adapter else None,
        "out": str(out.absolute()),
        "prefill_lengths": list(prefill_lengths),
        "cache_length": cache_length,
        "recipe": recipe.library_name,
    }
    follower = _Follower(len(prefill_lengths) + 1, bool(recipe.library_name), on_phase)
    lines: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", "job_templates.ml.litert.convert_worker", json.dumps(order)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "COLUMNS": "400", "PYTHONUNBUFFERED": "1", "TQDM_DISABLE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                follower.read(line)
        except BaseException:  # also a signal's exit: the converter must not work on unwatched
            process.kill()
            raise
    if process.returncode != 0:
        raise _failure(process.returncode, lines)
    follower.finish()
    name = "model_quantized.tflite" if recipe.library_name else "model.tflite"
    return Converted(out / name, _peak(lines))


class _Follower:
    """Reads the libraries' progress lines; should a later version word them otherwise, only the ticks are lost."""

    def __init__(self, signatures: int, quantizes: bool, on_phase: OnPhase) -> None:
        self._total = signatures + 2  # each lowered, then the converter's passes, then the writing
        self._done = 0
        self._quantizes = quantizes
        self._on_phase = on_phase
        self._phase = "load"
        on_phase("load", 0, 1)

    def read(self, line: str) -> None:
        """Take one line of the worker's output."""
        if re.search(r"\[ DONE\].*Load source model \(", line):
            self._enter("convert")
        elif re.search(r"\[ DONE\].*(Lower to MLIR: \w+|Run LiteRT Converter Passes) \(", line):
            self._done = min(self._done + 1, self._total - 1)
            self._on_phase("convert", self._done, self._total)
        elif re.search(r"\[START\].*Quantize model", line):
            self._enter("quantize")

    def finish(self) -> None:
        """Close every phase that is still open."""
        while self._phase != "end":
            self._enter(self._next())

    def _next(self) -> str:
        return {"load": "convert", "convert": "quantize" if self._quantizes else "end"}.get(self._phase, "end")

    def _enter(self, phase: str) -> None:
        total = self._total if self._phase == "convert" else 1
        self._on_phase(self._phase, total, total)
        self._phase = phase
        if phase != "end":
            self._on_phase(phase, 0, self._total if phase == "convert" else 1)


def _peak(lines: Sequence[str]) -> float:
    found = [line for line in lines if line.startswith(PEAK_MEMORY)]
    return float(found[-1].removeprefix(PEAK_MEMORY)) if found else 0.0


def _failure(code: int, lines: Sequence[str]) -> InputError:
    """Print the end of what the libraries said, and say the failure in a sentence."""
    print("\n".join(["The converter's output ended with:", *lines[-TAIL_LINES:]]), flush=True)
    if code == -signal.SIGKILL:
        return InputError(
            "The system killed the conversion, most likely because memory ran out: a 270M model needs about 5 GB. "
            "Close other programs or use a machine with more memory, then export again."
        )
    if code < 0:
        return InputError(f"The converter crashed ({signal.Signals(-code).name}). Its last output is in the log.")
    last = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
    return InputError(
        f"The checkpoint could not be converted: {last.strip()}. It must be a Gemma 3 text model that transformers "
        "opens; the converter's last output is in the log."
    )

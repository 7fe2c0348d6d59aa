"""The conversion in a separate process, its progress, and plain messages for its failures.

A separate process frees its memory before the file is verified, and the export continues after a crash of the native
converter. The process has a fixed hash seed, because otherwise two conversions of one checkpoint differ.
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
from typing import Any

from backend.device import Recipe
from backend.errors import InputError
from job_templates.ml.models import ModelSource
from job_templates.worker_process import PEAK_MEMORY, ROUNDED_LAYERS

ROOT = Path(__file__).resolve().parents[4]
TAIL_LINES = 40

ORDER = "order.json"
CONVERT, QUANTIZE = "job_templates.ml.litert.convert.convert_worker", "job_templates.ml.litert.convert.quantize_worker"

OnPhase = Callable[[str, int, int], None]
"""Called with the phase (load, round, convert, quantize), the steps done, and the steps in all."""


@dataclass(frozen=True, slots=True)
class KeptRows:
    """The rows of the embedding table that a trimmed model keeps, in ascending order, and its tokenizer's folder."""

    ids: tuple[int, ...]
    tokenizer: Path


@dataclass(frozen=True, slots=True)
class Converted:
    """The model as TFLite, and the peak memory of its conversion."""

    tflite: Path
    peak_memory_mb: float


def convert(
    source: ModelSource,
    out: Path,
    prefill_lengths: Sequence[int],
    cache_length: int,
    on_phase: OnPhase,
    calibration: Sequence[Sequence[int]] = (),
    kept: KeptRows | None = None,
    recipe: Recipe | None = None,
) -> Converted:
    """Convert a checkpoint (with its adapter, if any) into the folder `out`, in float32.

    With `kept`, the embedding table is trimmed to these rows first. With `calibration`, sequences of token ids of the
    model's rows (the new ids of a trimmed model), the model is then smoothed for 8-bit activations. With a
    `recipe` in blocks too, the weights that it stores in 4 bits are rounded.
    The output of the libraries is printed only if they fail. Raises InputError if they fail.
    """
    order = {
        "checkpoint": str(source.weights),
        "adapter": str(source.adapter) if source.adapter else None,
        "calibration": [list(ids) for ids in calibration],
        "block": recipe.block if recipe is not None else 0,
        "eight_bit_layers": recipe.eight_bit_layers if recipe is not None else 0,
        "kept": list(kept.ids) if kept is not None else [],
        "tokenizer": str(kept.tokenizer.absolute()) if kept is not None else None,
        "out": str(out.absolute()),
        "prefill_lengths": list(prefill_lengths),
        "cache_length": cache_length,
    }
    progress = _ProgressReader(len(prefill_lengths) + 1, on_phase)
    lines = _work(CONVERT, order, out, progress.read)
    progress.finish()
    return Converted(out / "model.tflite", _peak(lines))


def quantize(model: Converted, out: Path, recipe: Recipe, on_phase: OnPhase) -> Converted:
    """Quantize a float32 model; returns the model itself if the recipe does not change it.

    Raises InputError if the recipe cannot be used on this model.
    """
    if not recipe.library_name:
        return model
    on_phase("quantize", 0, 1)
    made = out / f"{recipe.suffix}.tflite"
    order = {
        "model": str(model.tflite),
        "out": str(made),
        "recipe": recipe.library_name,
        "eight_bit_layers": recipe.eight_bit_layers,
    }
    lines = _work(QUANTIZE, order, out, lambda _line: None)
    on_phase("quantize", 1, 1)
    return Converted(made, max(_peak(lines), model.peak_memory_mb))


def _work(module: str, order: dict[str, Any], out: Path, on_line: Callable[[str], None]) -> list[str]:
    """Write an order to `out` and run a worker with it; returns its output lines. Raises InputError if it fails."""
    lines: list[str] = []
    written = out / ORDER
    written.write_text(json.dumps(order), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", module, str(written)],
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
                on_line(line)
        except BaseException:  # also after a signal: the converter must not continue without us
            process.kill()
            raise
    if process.returncode != 0:
        raise _failure(module, process.returncode, lines)
    return lines


class _ProgressReader:
    """Reads the libraries' progress lines. If a later version changes their text, only intermediate steps are lost."""

    def __init__(self, signatures: int, on_phase: OnPhase) -> None:
        self._total = signatures + 2  # each is lowered; then come the converter's passes and the writing
        self._done = 0
        self._on_phase = on_phase
        self._loaded = self._converts = False
        on_phase("load", 0, 1)

    def read(self, line: str) -> None:
        """Report the progress in one line of the worker's output, if any."""
        if line.startswith(ROUNDED_LAYERS):
            self._load()
            done, total = line.removeprefix(ROUNDED_LAYERS).split()
            self._on_phase("round", int(done), int(total))
        elif re.search(r"\[ DONE\].*Load source model \(", line):
            self._begin()
        elif re.search(r"\[ DONE\].*(Lower to MLIR: \w+|Run LiteRT Converter Passes) \(", line):
            self._done = min(self._done + 1, self._total - 1)
            self._on_phase("convert", self._done, self._total)

    def finish(self) -> None:
        """Report the end of the phases that have not ended."""
        self._begin()
        self._on_phase("convert", self._total, self._total)

    def _begin(self) -> None:
        """Report that the conversion begins, if that was not reported."""
        if not self._converts:
            self._converts = True
            self._load()
            self._on_phase("convert", 0, self._total)

    def _load(self) -> None:
        if not self._loaded:
            self._loaded = True
            self._on_phase("load", 1, 1)


def _peak(lines: Sequence[str]) -> float:
    found = [line for line in lines if line.startswith(PEAK_MEMORY)]
    return float(found[-1].removeprefix(PEAK_MEMORY)) if found else 0.0


def _failure(module: str, code: int, lines: Sequence[str]) -> InputError:
    """Print the end of the libraries' output, and return the error with the failure in plain words."""
    print("\n".join(["The converter's output ended with:", *lines[-TAIL_LINES:]]), flush=True)
    if code == -signal.SIGKILL:
        return InputError(
            "The system killed the conversion, most likely because memory ran out: a 270M model needs about 5 GB. "
            "Close other programs or use a machine with more memory, then export again."
        )
    if code < 0:
        return InputError(f"The converter crashed ({signal.Signals(-code).name}). Its last output is in the log.")
    if module == QUANTIZE:
        return InputError(
            "The quantizer cannot use this recipe on this model. Choose another one for --quantize, such as "
            "dynamic_int8. Its last output is in the log."
        )
    last = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
    return InputError(
        f"The checkpoint could not be converted: {last.strip()}. It must be a Gemma 3 text model that transformers "
        "can open. The converter's last output is in the log."
    )

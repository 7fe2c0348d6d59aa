"""What is measured of a model in a precision, part by part, each within its share of the time."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.gpu_parts.answers import answer, loaded, tie
from benchmarks.gpu_parts.gradients import fused_attention, gradient_errors
from benchmarks.gpu_parts.records import (
    ANSWERS,
    ATTENTION,
    GRADIENTS,
    LOSSES,
    MEMORY,
    NO_GPU,
    NO_TIME,
    SECONDS,
    WAITS,
    Finding,
    Verdict,
)
from benchmarks.gpu_parts.subjects import Subject
from benchmarks.gpu_parts.syncs import lines
from benchmarks.gpu_parts.training import Trained, free, train_ours, train_plain
from job_templates.ml.models.device import Precision

LOSS_LIMITS = {"float16": 2e-2, "bfloat16": 2e-2, "float32": 1e-3}
"""How far a loss may be from the CPU's in float32: a share of it, or of a tenth of the first loss if it is lower."""
LOSS_LIMIT, GRADIENT_LIMIT = 1e-4, 1e-3
"""How far our loss and gradient in float32 may be from those of plain rows."""
ROUNDING = 2.0
"""How much larger the error of our gradient may be in 16 bits than that of plain rows, which are rounded alike."""
Found = tuple[str, str, Verdict, dict[str, Any], tuple[str, ...]]
"""What was measured, the cell's text, the verdict, numbers and notes."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of what is measured, how much of the time it may take beside the others, and how it is found by then."""

    whats: tuple[str, ...]
    weight: float
    find: Callable[[float], Sequence[Found]]


class Measuring:
    """All parts for one model in one precision; `reference` holds the CPU's losses."""

    def __init__(self, subject: Subject, precision: Precision, products: str, reference: Sequence[float]) -> None:
        self._subject = subject
        self._precision = precision
        self._products = products
        self._reference = reference
        self._trained: Trained | None = None

    def findings(self, until: float) -> Iterator[Finding]:
        """Every part's findings, as they come; a part that fails or has no time left says so in each of its cells."""
        parts = [
            Part((GRADIENTS,), 2, self._gradients),
            Part((ATTENTION,), 0.5, self._attention),
            Part((LOSSES, WAITS), 3, self._ours),
            Part((SECONDS, MEMORY), 4, self._plain),
            Part((ANSWERS,), 4, self._answers),
        ]
        for number, part in enumerate(parts):
            now = time.monotonic()
            share = part.weight / sum(later.weight for later in parts[number:])
            for what, text, verdict, numbers, notes in _found(part, now, now + (until - now) * share):
                yield Finding(self._subject.name, what, self._products, text, verdict, numbers, notes)
            free(self._precision.device)

    def _gradients(self, _until: float) -> Sequence[Found]:
        errors = gradient_errors(self._subject, self._subject.rows, self._precision)
        exact = self._products == "float32"
        limit = GRADIENT_LIMIT if exact else ROUNDING * errors.plain_gradient + GRADIENT_LIMIT
        good = errors.gradient <= limit and (not exact or errors.loss <= LOSS_LIMIT)
        text = f"{errors.gradient:.1e}" + ("" if exact else f", plain {errors.plain_gradient:.1e}")
        numbers = {"loss": errors.loss, "gradient": errors.gradient, "plain_gradient": errors.plain_gradient}
        return [(GRADIENTS, f"{text} (at most {limit:.1e})", _verdict(good), numbers, ())]

    def _attention(self, _until: float) -> Sequence[Found]:
        if self._precision.device != "cuda":
            return [(ATTENTION, NO_GPU, "could not check", {}, ())]
        kernel = fused_attention(self._subject, self._precision)
        return [(ATTENTION, kernel, "measured", {"kernel": kernel}, ())]

    def _ours(self, until: float) -> Sequence[Found]:
        self._trained = train_ours(self._subject, self._precision, self._subject.size.steps, until)
        return [self._losses(self._trained), self._waits(self._trained)]

    def _losses(self, trained: Trained) -> Found:
        steps = min(len(self._reference), len(trained.losses))
        numbers = {"losses": trained.losses, "reference": list(self._reference)}
        if steps == 0:
            return (LOSSES, "the CPU's losses are missing", "could not check", numbers, ())
        floor = self._reference[0] / 10
        apart = [abs(mine - cpu) / max(cpu, floor) for mine, cpu in zip(trained.losses, self._reference, strict=False)]
        limit = LOSS_LIMITS[self._products]
        text = f"{max(apart):.1e} in {steps} steps (at most {limit:.0e})"
        last, cpu = trained.losses[steps - 1], self._reference[steps - 1]
        note = f"from {trained.losses[0]:.4f} to {last:.4f}; the CPU to {cpu:.4f}"
        return (LOSSES, text, _verdict(max(apart) <= limit), numbers, (note,))

    def _waits(self, trained: Trained) -> Found:
        if self._precision.device != "cuda":
            return (WAITS, NO_GPU, "could not check", {}, ())
        if trained.syncs is None:
            return (WAITS, NO_TIME, "could not check", {}, ())
        hidden = [sync for sync in trained.syncs if not sync.allowed]
        lines_text = lines(trained.syncs)
        text = f"{len(trained.syncs)}, of which {len(hidden)} not allowed"
        return (WAITS, text, _verdict(not hidden), {"waits": lines_text}, tuple(lines_text))

    def _plain(self, until: float) -> Sequence[Found]:
        ours = self._trained
        if ours is None:
            raise RuntimeError("our trainer did not come to its end, so there is nothing to hold TRL's against")
        ours_seconds = f"{ours.seconds:.3g}" if math.isfinite(ours.seconds) else NO_TIME
        try:
            theirs = train_plain(self._subject, self._precision, self._subject.size.plain_steps, until)
        except Exception as error:  # noqa: BLE001 - TRL may lack a compiler, or memory; ours was measured all the same
            why = f"TRL's failed with {type(error).__name__}"
            trace = "".join(traceback.format_exception(error)).strip()
            return [
                (SECONDS, f"{ours_seconds}; {why}", "could not check", {}, (trace,)),
                self._memory(ours.memory, None),
            ]
        batch, ratio = self._subject.size.batch, theirs.seconds / ours.seconds
        numbers = {"ours": ours.seconds, "plain": theirs.seconds, "ratio": ratio, "micro_batch": theirs.micro_batch}
        note = (f"TRL held {theirs.micro_batch} of {batch} rows at once",) if theirs.micro_batch < batch else ()
        timed = math.isfinite(ratio)
        text = f"{ours_seconds}, {theirs.seconds:.3g} ({ratio:.1f} times)" if timed else f"{ours_seconds}; {NO_TIME}"
        kind: Verdict = "measured" if timed else "could not check"
        return [(SECONDS, text, kind, numbers if timed else {}, note), self._memory(ours.memory, theirs.memory)]

    def _memory(self, ours: int, theirs: int | None) -> Found:
        if self._precision.device != "cuda":
            return (MEMORY, NO_GPU, "could not check", {}, ())
        plain = "none" if theirs is None else f"{theirs / 1e9:.2f}"
        return (MEMORY, f"{ours / 1e9:.2f}, {plain}", "measured", {"ours": ours, "plain": theirs}, ())

    def _answers(self, until: float) -> Sequence[Found]:
        if self._trained is None:
            raise RuntimeError("our trainer did not come to its end, so there is no model to ask")
        model = loaded(self._subject, self._trained.weights, self._precision)
        found = answer(self._subject, model, self._precision, until)
        ratio = found.rate / found.single_rate
        numbers = {"ours": found.rate, "one_by_one": found.single_rate, "ratio": ratio, "rows": found.rows}
        numbers |= {"same": found.same, "tied": found.tied}
        good = found.same + found.tied == found.rows
        held = str(next(model.parameters()).dtype).removeprefix("torch.")
        notes = [f"weights in {held}"]
        if found.same < found.rows:
            share = tie(self._precision)
            notes.append(
                f"{found.rows - found.same} answers part, {found.tied} of them where two tokens' logits are within "
                f"{share:g} of each other (of the largest one's height over the mean)"
            )
        text = f"{found.rate:.3g}, {found.single_rate:.2g} ({ratio:.1f} times), {found.same} of {found.rows} the same"
        return [(ANSWERS, text, _verdict(good), numbers, tuple(notes))]


def reference_losses(subject: Subject, precision: Precision, until: float) -> list[float]:
    """The losses of our trainer on a CPU, of as many steps as there is time for."""
    return train_ours(subject, precision, subject.size.reference_steps, until).losses


def _found(part: Part, now: float, until: float) -> Sequence[Found]:
    if now >= until:
        return [(what, NO_TIME, "could not check", {}, ()) for what in part.whats]
    try:
        return part.find(until)
    except torch.OutOfMemoryError:
        return [(what, "does not fit the GPU's memory", "could not check", {}, ()) for what in part.whats]
    except Exception as error:  # noqa: BLE001 - the other parts run even if one fails; its error is reported
        trace = "".join(traceback.format_exception(error))
        text = f"failed with {type(error).__name__}"
        return [(what, text, "could not check", {"traceback": trace}, (trace.strip(),)) for what in part.whats]


def _verdict(good: bool) -> Verdict:
    return "passed" if good else "failed"

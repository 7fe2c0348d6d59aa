"""Stops a training whose loss or gradient shows that it cannot succeed."""

from __future__ import annotations

import math

from backend.errors import InputError

HIGHEST_LEARNED_LOSS = 1e-2
"""A loss of exactly zero is accepted if the loss of the previous step was at most this; otherwise it is an error."""
SCALED_OVERFLOWS = 20
"""The most overflows in a row in float16. After each one the scale of the loss is halved, from 65,536 down to 1 in 16
steps; a few more are allowed."""


class LossGuard:
    """Raises InputError if a loss or a gradient is not finite, or zero from the start.

    `scaled` says that the loss is scaled (float16): then a gradient may overflow sometimes, and its step is skipped.
    """

    def __init__(self, *, scaled: bool) -> None:
        self._overflows_allowed = SCALED_OVERFLOWS if scaled else 0
        self._overflows = 0
        self._last_loss = math.nan

    def check_loss(self, loss: float, step: int, rate: float) -> None:
        """Check the loss of a step."""
        before, self._last_loss = self._last_loss, loss
        if not math.isfinite(loss):
            raise InputError(
                f"Training stopped at step {step}: the loss is {loss}. The learning rate {rate:g} is too high for this "
                "data, or the weights are in a precision that overflows. Try a tenth of the rate."
            )
        if loss == 0 and not before <= HIGHEST_LEARNED_LOSS:
            raise InputError(
                f"Training stopped at step {step}: the loss is exactly zero, so nothing can be learned. "
                "The base model's weights are damaged or in float16; load them in float32."
            )

    def check_gradient(self, norm: float, step: int, rate: float) -> None:
        """Check the norm of a step's gradient."""
        if math.isfinite(norm):
            self._overflows = 0
            if norm == 0 and self._last_loss > HIGHEST_LEARNED_LOSS:
                raise InputError(
                    f"Training stopped at step {step}: the loss is {self._last_loss:g} and its gradient exactly zero, "
                    "so nothing is learned. The gradient vanished in the precision of the weights; train in float32."
                )
            return
        self._overflows += 1
        if self._overflows > self._overflows_allowed:
            raise InputError(
                f"Training stopped at step {step}: the gradient is {norm} while the loss is {self._last_loss:g}. The "
                f"learning rate {rate:g} is too high for this data, or the precision overflows. Try a tenth of the "
                "rate, or a device with bfloat16."
            )

"""Rows without a call that are trained on beside the user's: other ones of the pool in each epoch."""

from __future__ import annotations

from typing import Protocol

from job_templates.ml.rows.encoding import TokenRow


class _Rows(Protocol):
    """A RowSource."""

    def __len__(self) -> int: ...

    def draw(self, index: int, epoch: int) -> TokenRow: ...


class WithOffTopic:
    """A RowSource of all `own` rows and, after them, `extra` rows of `pool`.

    The pool is used up before one of its rows is drawn again.
    """

    def __init__(self, own: _Rows, pool: _Rows, extra: int) -> None:
        self._own = own
        self._pool = pool
        self._extra = extra

    def __len__(self) -> int:
        return len(self._own) + self._extra

    def draw(self, index: int, epoch: int) -> TokenRow:
        """Returns the row at `index` for this epoch."""
        if index < len(self._own):
            return self._own.draw(index, epoch)
        at = epoch * self._extra + index - len(self._own)
        return self._pool.draw(at % len(self._pool), epoch)

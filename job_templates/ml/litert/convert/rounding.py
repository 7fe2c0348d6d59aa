"""The rounding of a model to 4 bits in blocks, by the inputs that its layers have on training rows.

ai-edge-quantizer rounds each weight to the nearest value of its grid. Here the weights are rounded before, so that the
outputs of the layers change less, and the quantizer finds the same grid again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from job_templates.ml.litert.convert.compensation import compensated
from job_templates.ml.rows import TokenRow, shared_prefix

AT_ONCE = 16
"""Sequences that are read together, because the sums of a 270M are 440 MB and are written once for each batch."""
READ_AS_INPUT = 1.0
"""The weight of the embedding table's own errors beside those of the output layer, which is the same table."""


def round_weights(
    model: Any, sequences: Sequence[Sequence[int]], block: int, first: int, report: Callable[[int, int], None]
) -> None:
    """Round the weights of a Gemma 3 text model in place to 4 bits with one scale for each `block` input channels.

    Layers before `first` (from 0) are left as they are. The inputs of the layers are those on `sequences` of token ids.
    A beginning that all sequences share is counted once. `report` is called with the number of layers that are done and
    of all; the table is the last one.
    """
    layers = model.model.layers[first:]
    total = len(layers) + 1
    report(0, total)
    with torch.no_grad():
        moments = _moments(model, layers, sequences)
        for done, layer in enumerate(layers, start=1):
            for reads, readers in _readers(layer):
                together = torch.cat([reader.weight for reader in readers])
                rounded, start = compensated(together, moments.pop(reads), block), 0
                for reader in readers:
                    reader.weight.copy_(rounded[start : start + len(reader.weight)])
                    start += len(reader.weight)
            report(done, total)
        table = model.get_output_embeddings().weight
        table.copy_(compensated(table, _as_table(moments[model.model.norm]), block))
    report(total, total)


def _readers(layer: Any) -> Iterator[tuple[nn.Module, tuple[Any, ...]]]:
    """The linear layers of a layer, grouped by their inputs, each group after its first one."""
    attention, mlp = layer.self_attn, layer.mlp
    for group in (
        (attention.q_proj, attention.k_proj, attention.v_proj),
        (attention.o_proj,),
        (mlp.gate_proj, mlp.up_proj),
        (mlp.down_proj,),
    ):
        yield group[0], group


def _moments(model: Any, layers: Sequence[Any], sequences: Sequence[Sequence[int]]) -> dict[nn.Module, Tensor]:
    """The sum of x xᵀ over the inputs x of the first linear layer of each group in `layers`.

    That of the output layer's inputs is the last norm's.
    """
    rows = sorted(sequences, key=len)
    shared = shared_prefix([TokenRow(tuple(ids), ()) for ids in rows])
    readers = [reads for layer in layers for reads, _ in _readers(layer)]
    sums = _Sums()
    with sums.recorded(readers, model.model.norm):
        for first in range(0, len(rows), AT_ONCE):
            some = [torch.tensor(list(ids)) for ids in rows[first : first + AT_ONCE]]
            # tokens after a sequence do not change it, because no token attends to later ones
            batch = nn.utils.rnn.pad_sequence(some, batch_first=True)
            sums.counted = _counted([len(ids) for ids in some], batch.shape[1], shared, whole=first == 0)
            model.model(batch, use_cache=False)
    return sums.of


def _counted(lengths: Sequence[int], longest: int, shared: int, *, whole: bool) -> Tensor:
    """Which tokens of a batch (sequences, tokens) are counted; with `whole`, all of the first sequence."""
    places = torch.arange(longest)
    counted = (places >= shared) & (places < torch.tensor(lengths)[:, None])
    if whole:
        counted[0, : lengths[0]] = True
    return counted


class _Sums:
    """The sum of x xᵀ over the states x of each module, at the tokens that are `counted` (sequences, tokens)."""

    def __init__(self) -> None:
        self.of: dict[nn.Module, Tensor] = {}
        self.counted = torch.empty(0)

    @contextmanager
    def recorded(self, readers: Sequence[nn.Module], last: nn.Module) -> Iterator[None]:
        """Inside this context, adds the inputs of each of `readers`, and the outputs of `last`."""
        handles = [module.register_forward_pre_hook(self._read) for module in readers]
        handles.append(last.register_forward_hook(self._written))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _read(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._add(module, inputs[0])

    def _written(self, module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self._add(module, output)

    def _add(self, module: nn.Module, states: Tensor) -> None:
        seen = states[self.counted]
        if module in self.of:
            self.of[module].addmm_(seen.T, seen)
        else:
            self.of[module] = seen.T @ seen


def _as_table(moments: Tensor) -> Tensor:
    """The moments for a table that is both the embedding and the output layer.

    As the embedding, the squared errors of a row count alike in all channels; both parts have the same trace, up to
    READ_AS_INPUT.
    """
    return moments / moments.diagonal().mean() + READ_AS_INPUT * torch.eye(len(moments))

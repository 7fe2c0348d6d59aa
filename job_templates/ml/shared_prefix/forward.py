"""Gemma 3's layers over packs: transformers' own modules, with our attention, and the last layer where it matters.

Nothing behind the last layer's attention is read in the prefix, so there only its keys and values are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from job_templates.ml.shared_prefix.attention import attentions
from job_templates.ml.shared_prefix.fused import linears, rms_norm, rotate
from job_templates.ml.shared_prefix.packs import PackedBatch

Rotation = tuple[Tensor, Tensor]
Attend = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def suffix_states(model: Any, batch: PackedBatch) -> Tensor:
    """The last hidden states behind the prefix: (packs, length - prefix, hidden).

    `model` is a Gemma3TextModel on the batch's device.
    """
    seen = attentions(batch.masks, batch.prefix, batch.input_ids.device)
    *kinds, last_kind = model.config.layer_types
    attend = [*(seen[kind] for kind in kinds), seen[last_kind].after(batch.prefix)]
    return last_states(model, batch.input_ids, batch.position_ids, attend, slice(batch.prefix, None))


def last_states(model: Any, ids: Tensor, positions: Tensor, attend: Sequence[Attend], asked: slice | Tensor) -> Tensor:
    """The last hidden states of the places `asked` in each sequence: (packs, asked, hidden).

    `attend` is what each layer calls; the last one has the queries of `asked` alone.
    """
    hidden = model.embed_tokens(ids)
    kinds = model.config.layer_types
    rotations = {kind: model.rotary_emb(hidden, positions, kind) for kind in set(kinds)}
    last = len(model.layers) - 1
    for number, layer in enumerate(model.layers):
        places = asked if number == last else slice(None)
        hidden = layer_states(layer, hidden, rotations[kinds[number]], attend[number], places)
    return rms_norm(model.norm, hidden)


def layer_states(layer: Any, hidden: Tensor, rotation: Rotation, attend: Attend, asked: slice | Tensor) -> Tensor:
    """What a Gemma3DecoderLayer makes of the places `asked`, whose queries `attend` takes; all are seen."""
    mixed = _attention(layer.self_attn, rms_norm(layer.input_layernorm, hidden), rotation, attend, asked)
    hidden = hidden[:, asked] + rms_norm(layer.post_attention_layernorm, mixed)
    fed = _feed_forward(layer.mlp, rms_norm(layer.pre_feedforward_layernorm, hidden))
    return hidden + rms_norm(layer.post_feedforward_layernorm, fed)


def _attention(module: Any, hidden: Tensor, rotation: Rotation, attend: Attend, asked: slice | Tensor) -> Tensor:
    """What a Gemma3Attention makes of the places `asked`."""
    (query,) = linears([module.q_proj], hidden[:, asked])
    key, value = linears([module.k_proj, module.v_proj], hidden)
    query, key, value = (_heads(projected, module.head_dim) for projected in (query, key, value))
    cos, sin = rotation
    query = rotate(rms_norm(module.q_norm, query), cos[:, asked], sin[:, asked])
    key = rotate(rms_norm(module.k_norm, key), cos, sin)
    mixed = attend(query, key, value, module.scaling)
    mixed = mixed.transpose(1, 2).flatten(2)
    (out,) = linears([module.o_proj], mixed)
    return out


def _feed_forward(module: Any, hidden: Tensor) -> Tensor:
    """What a Gemma3MLP makes of them."""
    gate, up = linears([module.gate_proj, module.up_proj], hidden)
    (out,) = linears([module.down_proj], module.act_fn(gate) * up)
    return out


def _heads(projected: Tensor, size: int) -> Tensor:
    """(packs, heads, length, size)."""
    return projected.view(*projected.shape[:2], -1, size).transpose(1, 2)

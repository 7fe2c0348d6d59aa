"""Gemma 3's layers over packs: the modules of transformers, with our attention.

After the last layer's attention, the prefix is not used. Therefore only keys and values are computed there.
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
    """Returns the last hidden states after the prefix: (packs, length - prefix, hidden).

    `model` is a Gemma3TextModel on the batch's device.
    """
    seen = attentions(batch.masks, batch.prefix, batch.input_ids.device)
    *kinds, last_kind = model.config.layer_types
    attend = [*(seen[kind] for kind in kinds), seen[last_kind].after(batch.prefix)]
    return last_states(model, batch.input_ids, batch.position_ids, attend, slice(batch.prefix, None))


def last_states(
    model: Any, ids: Tensor, positions: Tensor, attend: Sequence[Attend], requested: slice | Tensor
) -> Tensor:
    """Returns the last hidden states of the places `requested` in each sequence: (packs, requested, hidden).

    `attend` has the attention function of each layer. The last layer has only the queries of `requested`.
    """
    hidden = model.embed_tokens(ids)
    kinds = model.config.layer_types
    rotations = {kind: model.rotary_emb(hidden, positions, kind) for kind in set(kinds)}
    last = len(model.layers) - 1
    for number, layer in enumerate(model.layers):
        places = requested if number == last else slice(None)
        hidden = layer_states(layer, hidden, rotations[kinds[number]], attend[number], places)
    return rms_norm(model.norm, hidden)


def layer_states(layer: Any, hidden: Tensor, rotation: Rotation, attend: Attend, requested: slice | Tensor) -> Tensor:
    """Returns the output of a Gemma3DecoderLayer for the places `requested`, whose queries attend to all places."""
    mixed = _attention(layer.self_attn, rms_norm(layer.input_layernorm, hidden), rotation, attend, requested)
    hidden = hidden[:, requested] + rms_norm(layer.post_attention_layernorm, mixed)
    fed = _feed_forward(layer.mlp, rms_norm(layer.pre_feedforward_layernorm, hidden))
    return hidden + rms_norm(layer.post_feedforward_layernorm, fed)


def _attention(module: Any, hidden: Tensor, rotation: Rotation, attend: Attend, requested: slice | Tensor) -> Tensor:
    """The output of a Gemma3Attention for the places `requested`."""
    (query,) = linears([module.q_proj], hidden[:, requested])
    key, value = linears([module.k_proj, module.v_proj], hidden)
    query, key, value = (_heads(projected, module.head_dim) for projected in (query, key, value))
    cos, sin = rotation
    query = rotate(rms_norm(module.q_norm, query), cos[:, requested], sin[:, requested])
    key = rotate(rms_norm(module.k_norm, key), cos, sin)
    mixed = attend(query, key, value, module.scaling)
    mixed = mixed.transpose(1, 2).flatten(2)
    (out,) = linears([module.o_proj], mixed)
    return out


def _feed_forward(module: Any, hidden: Tensor) -> Tensor:
    """The output of a Gemma3MLP."""
    gate, up = linears([module.gate_proj, module.up_proj], hidden)
    (out,) = linears([module.down_proj], module.act_fn(gate) * up)
    return out


def _heads(projected: Tensor, size: int) -> Tensor:
    """The projected states as (packs, heads, length, size)."""
    return projected.view(*projected.shape[:2], -1, size).transpose(1, 2)

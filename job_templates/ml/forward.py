"""Gemma 3's layers over packs: transformers' own modules, with our attention, and the last layer where it matters.

Nothing behind the last layer's attention is read in the prefix, so there only its keys and values are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn
from transformers.models.gemma3.modeling_gemma3 import apply_rotary_pos_emb

from job_templates.ml.attention import attentions
from job_templates.ml.packs import PackedBatch

Rotation = tuple[Tensor, Tensor]
Attend = Callable[[Tensor, Tensor, Tensor, float], Tensor]


def suffix_states(model: Any, batch: PackedBatch) -> Tensor:
    """The last hidden states behind the prefix: (packs, length - prefix, hidden); `model` is a Gemma3TextModel."""
    device = model.embed_tokens.weight.device
    seen = attentions(batch.masks, batch.prefix, device)
    *kinds, last_kind = model.config.layer_types
    attend = [*(seen[kind] for kind in kinds), seen[last_kind].after(batch.prefix)]
    ids, positions = batch.input_ids.to(device), batch.position_ids.to(device)
    return last_states(model, ids, positions, attend, slice(batch.prefix, None))


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
    states: Tensor = model.norm(hidden)
    return states


def layer_states(layer: Any, hidden: Tensor, rotation: Rotation, attend: Attend, asked: slice | Tensor) -> Tensor:
    """What a Gemma3DecoderLayer makes of the places `asked`, whose queries `attend` takes; all are seen."""
    mixed = _attention(layer.self_attn, layer.input_layernorm(hidden), rotation, attend, asked)
    hidden = hidden[:, asked] + layer.post_attention_layernorm(mixed)
    fed = layer.mlp(layer.pre_feedforward_layernorm(hidden))
    states: Tensor = hidden + layer.post_feedforward_layernorm(fed)
    return states


def _attention(module: Any, hidden: Tensor, rotation: Rotation, attend: Attend, asked: slice | Tensor) -> Tensor:
    """What a Gemma3Attention makes of the places `asked`."""
    query = module.q_norm(_heads(module.q_proj, hidden[:, asked], module.head_dim))
    key = module.k_norm(_heads(module.k_proj, hidden, module.head_dim))
    value = _heads(module.v_proj, hidden, module.head_dim)
    cos, sin = rotation
    query, _ = apply_rotary_pos_emb(query, query[:, :1], cos[:, asked], sin[:, asked])
    key, _ = apply_rotary_pos_emb(key, key[:, :1], cos, sin)
    mixed = attend(query, key, value, module.scaling)
    mixed = mixed.transpose(1, 2).reshape(*mixed.shape[:1], mixed.shape[2], -1)
    out: Tensor = module.o_proj(mixed)
    return out


def _heads(projection: nn.Module, hidden: Tensor, size: int) -> Tensor:
    """(packs, heads, length, size)."""
    projected: Tensor = projection(hidden)
    return projected.view(*hidden.shape[:2], -1, size).transpose(1, 2)

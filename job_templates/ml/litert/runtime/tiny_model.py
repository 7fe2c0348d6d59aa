"""A language model that is one table, as TFLite: the table has the next token for each token.

It has everything that LiteRT-LM requires of a model (the signatures `prefill_N` and `decode`, a cache of keys and
values). It is created in milliseconds without torch, so that the runtime can be tested without a trained model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

CONTEXT, PREFILL = 16, 4
CACHE_WIDTH = 2
SURE, NEVER = 10.0, -10.0
FLOAT, INT = schema.TensorType.FLOAT32, schema.TensorType.INT32
IDENTIFIER = b"TFL3"


def table_model(vocabulary: int, after: Mapping[int, int]) -> bytes:
    """Returns the file of a model of `vocabulary` tokens whose next token after t is `after[t]`."""
    logits = np.full((vocabulary, vocabulary), NEVER, np.float32)
    for token, following in after.items():
        logits[token, following] = SURE
    model = _Model()
    table, zero = model.constant(logits), model.constant(np.zeros(1, np.float32))
    model.signature(f"prefill_{PREFILL}", PREFILL, vocabulary, zero, None)
    model.signature("decode", 1, vocabulary, zero, table)
    return model.packed()


class _Model:
    """The parts of a TFLite model: buffers, operators, and a graph for each signature."""

    def __init__(self) -> None:
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.buffers = [schema.BufferT()]  # the first means "no values"
        self._model.operatorCodes, self._model.subgraphs, self._model.signatureDefs = [], [], []
        self._add = self._operator(schema.BuiltinOperator.ADD)
        self._gather = self._operator(schema.BuiltinOperator.GATHER)

    def constant(self, values: Any) -> int:
        """Add a buffer with constant values; returns its index."""
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return len(self._model.buffers) - 1

    def signature(self, name: str, length: int, vocabulary: int, zero: int, table: int | None) -> None:
        """Add a graph that takes `length` tokens and copies its cache. With a table, it returns the next logits."""
        graph = _Graph(name)
        tokens, positions = graph.tensor("tokens", (1, length), INT), graph.tensor("input_pos", (length,), INT)
        nothing = graph.tensor("zero", (1,), FLOAT, zero)
        takes, gives = {"tokens": tokens, "input_pos": positions}, {}
        for part in ("kv_cache_k_0", "kv_cache_v_0"):
            shape = (1, 1, CONTEXT, CACHE_WIDTH)
            takes[part], gives[part] = graph.tensor(part, shape, FLOAT), graph.tensor(f"{part}_out", shape, FLOAT)
            graph.operate(self._add, [takes[part], nothing], gives[part], "Add")
        if table is not None:
            rows = graph.tensor("table", (vocabulary, vocabulary), FLOAT, table)
            gives["logits"] = graph.tensor("logits", (1, length, vocabulary), FLOAT)
            graph.operate(self._gather, [rows, tokens], gives["logits"], "Gather")
        self._model.signatureDefs.append(_signature(name, len(self._model.subgraphs), takes, gives))
        self._model.subgraphs.append(graph.finished(takes, gives))

    def packed(self) -> bytes:
        """Returns the content of the model's file."""
        builder = flatbuffers.Builder(1024)
        builder.Finish(self._model.Pack(builder), IDENTIFIER)
        return bytes(builder.Output())

    def _operator(self, code: int) -> int:
        operator = schema.OperatorCodeT()
        operator.builtinCode = operator.deprecatedBuiltinCode = code
        operator.version = 1
        self._model.operatorCodes.append(operator)
        return len(self._model.operatorCodes) - 1


class _Graph:
    """One graph that is being built."""

    def __init__(self, name: str) -> None:
        self._graph = schema.SubGraphT()
        self._graph.name = name
        self._graph.tensors, self._graph.operators = [], []

    def tensor(self, name: str, shape: Sequence[int], kind: int, buffer: int = 0) -> int:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = f"{self._graph.name}_{name}", list(shape), kind, buffer
        self._graph.tensors.append(made)
        return len(self._graph.tensors) - 1

    def operate(self, code: int, takes: Sequence[int], gives: int, options: str) -> None:
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, list(takes), [gives]
        made.builtinOptionsType = getattr(schema.BuiltinOptions, f"{options}Options")
        made.builtinOptions = getattr(schema, f"{options}OptionsT")()
        self._graph.operators.append(made)

    def finished(self, takes: Mapping[str, int], gives: Mapping[str, int]) -> Any:
        self._graph.inputs, self._graph.outputs = list(takes.values()), list(gives.values())
        return self._graph


def _signature(key: str, graph: int, takes: Mapping[str, int], gives: Mapping[str, int]) -> Any:
    made = schema.SignatureDefT()
    made.signatureKey, made.subgraphIndex = key, graph
    made.inputs, made.outputs = _named(takes), _named(gives)
    return made


def _named(tensors: Mapping[str, int]) -> list[Any]:
    found = []
    for name, index in tensors.items():
        found.append(schema.TensorMapT())
        found[-1].name, found[-1].tensorIndex = name, index
    return found

"""Importing litert_torch without TensorFlow.

litert-torch 0.10.0 imports `tensorflow.lite.python.schema_py_generated`, a generated schema, without declaring
TensorFlow, which weighs 1.7 GB. ai-edge-litert carries the same schema. (Seen 2026-11-22.)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

PACKAGE = "tensorflow.lite.python"


@contextmanager
def schema_alias() -> Iterator[None]:
    """While open, `tensorflow.lite.python` names ai-edge-litert's copy of the schema; nothing where TensorFlow is.

    Only that one name: a whole false `tensorflow` would mislead the libraries that look whether it is installed.
    """
    if PACKAGE in sys.modules:
        yield
        return
    from ai_edge_litert import schema_py_generated

    alias = ModuleType(PACKAGE)
    alias.__dict__["schema_py_generated"] = schema_py_generated
    sys.modules[PACKAGE] = alias
    try:
        yield
    finally:
        del sys.modules[PACKAGE]

"""Reads a tools.json in every known form, and normalises its schemas."""

from backend.data.tools.reading import SCHEMA_KEYS, ToolEntry, ToolsFile, read_tools, tools_from, upper_case_types
from backend.data.tools.schema import TYPES, UNIONS, normal_parameters, normal_schema, plain_type

__all__ = [
    "SCHEMA_KEYS",
    "TYPES",
    "UNIONS",
    "ToolEntry",
    "ToolsFile",
    "normal_parameters",
    "normal_schema",
    "plain_type",
    "read_tools",
    "tools_from",
    "upper_case_types",
]

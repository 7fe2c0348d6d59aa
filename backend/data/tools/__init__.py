"""Reads a tools.json in every known form, and normalises its schemas."""

from backend.data.tools.app_names import APP_NAME, AppName, renamed_at
from backend.data.tools.dialects import dialect_of, fields_of, foreign_type, standard_parameters
from backend.data.tools.enums import enum_type
from backend.data.tools.nullable import accepts_null
from backend.data.tools.reading import SCHEMA_KEYS, ToolEntry, ToolsFile, read_tools, tools_from
from backend.data.tools.references import REFERENCE_KEYS, References, reference_of
from backend.data.tools.relaxed_json import LINES
from backend.data.tools.schema import is_recursive, normal_parameters, normal_schema
from backend.data.tools.type_words import TYPES, plain_type, read_type
from backend.data.tools.unions import UNIONS, any_object, merged

__all__ = [
    "APP_NAME",
    "LINES",
    "REFERENCE_KEYS",
    "SCHEMA_KEYS",
    "TYPES",
    "UNIONS",
    "AppName",
    "References",
    "ToolEntry",
    "ToolsFile",
    "accepts_null",
    "any_object",
    "dialect_of",
    "enum_type",
    "fields_of",
    "foreign_type",
    "is_recursive",
    "merged",
    "normal_parameters",
    "normal_schema",
    "plain_type",
    "read_tools",
    "read_type",
    "reference_of",
    "renamed_at",
    "standard_parameters",
    "tools_from",
]

"""Reads foreign formats of rows and tools, chosen by their content, into the standard CSV and tools.json."""

from backend.data.imports.importing import ImportedSet, import_files
from backend.data.imports.records import MAX_IMPORT_BYTES, GivenFile, Role
from backend.data.imports.summary import ImportSummary

__all__ = ["MAX_IMPORT_BYTES", "GivenFile", "ImportSummary", "ImportedSet", "Role", "import_files"]

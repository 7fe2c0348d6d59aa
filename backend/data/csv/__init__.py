"""Reads, repairs, edits and writes CSV files."""

from backend.data.csv.editor import CsvEditor, DraftRow
from backend.data.csv.header import KNOWN_COLUMNS, normal_name
from backend.data.csv.reading import Fault, Record, encode_record
from backend.data.csv.repair import repaired_cells
from backend.data.csv.table import CsvTable, Row, read_table, rows_after_last, table_from
from backend.data.csv.writing import OPERATORS, inert, write_csv

__all__ = [
    "KNOWN_COLUMNS",
    "OPERATORS",
    "CsvEditor",
    "CsvTable",
    "DraftRow",
    "Fault",
    "Record",
    "Row",
    "encode_record",
    "inert",
    "normal_name",
    "read_table",
    "repaired_cells",
    "rows_after_last",
    "table_from",
    "write_csv",
]

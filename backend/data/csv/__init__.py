"""Reads, repairs, edits and writes CSV files."""

from backend.data.csv.editor import CsvEditor, DraftRow
from backend.data.csv.header import KNOWN_COLUMNS, find_heading, normal_name
from backend.data.csv.reading import DELIMITERS, Fault, Record, encode_record, read_records
from backend.data.csv.repair import repaired_cells
from backend.data.csv.table import CsvTable, Row, normal_split, read_table, rows_after_last, table_from
from backend.data.csv.writing import OPERATORS, inert, with_rows, write_csv

__all__ = [
    "DELIMITERS",
    "KNOWN_COLUMNS",
    "OPERATORS",
    "CsvEditor",
    "CsvTable",
    "DraftRow",
    "Fault",
    "Record",
    "Row",
    "encode_record",
    "find_heading",
    "inert",
    "normal_name",
    "normal_split",
    "read_records",
    "read_table",
    "repaired_cells",
    "rows_after_last",
    "table_from",
    "with_rows",
    "write_csv",
]

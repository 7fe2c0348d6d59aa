"""CSV files: reading, the header, repairing, editing, writing."""

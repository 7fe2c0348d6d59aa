"""The `.litertlm` file: its parts, its metadata, where it is put."""

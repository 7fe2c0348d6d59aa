"""The Data step: upload, problems and their fixes, rows, tools, tokens, labels and test rows."""

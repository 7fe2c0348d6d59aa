"""The Evaluate step: scores, charts, errors, rows, and comparison with other runs."""

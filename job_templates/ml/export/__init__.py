"""The export of a model: what is asked for, its steps in order, and where the files go."""

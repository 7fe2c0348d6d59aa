"""The run that a command works on: its folder, its settings, its stages and their progress."""

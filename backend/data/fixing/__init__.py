"""Applying fixes to files, and adding rows."""

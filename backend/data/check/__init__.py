"""Checking a tools.json and a CSV, and the report of it."""

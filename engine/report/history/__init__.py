"""Answers of ``eidos history``: text, table, JSON and CSV of each."""

"""Operators that look at other rows: duplicates."""

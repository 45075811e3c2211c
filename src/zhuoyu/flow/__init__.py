"""Sequences of verbs, each run in a process of its own."""

"""Every verb's file, so that ``main`` registers them all."""

from zhuoyu.cli import assess, audit, export, measure, ops, restore, run, versions

__all__ = ["assess", "audit", "export", "measure", "ops", "restore", "run", "versions"]

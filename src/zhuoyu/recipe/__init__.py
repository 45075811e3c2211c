"""Recipes: what a dataset file may say, its conditions, and the plan it comes to.

``load`` a file or build one with ``read``; ``resolve`` makes the plan that the engine runs.
"""

from zhuoyu.recipe.builder import Builder, read
from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.load import dumps, load, loads
from zhuoyu.recipe.model import (
    AnyStep,
    Basis,
    ColumnSpec,
    JoinStep,
    KeepStep,
    OpStep,
    Recipe,
    ReleaseSpec,
    RulesStep,
    SourceSpec,
)
from zhuoyu.recipe.plan import Catalogue, Plan, PlannedStep, Stage
from zhuoyu.recipe.position import Position
from zhuoyu.recipe.resolve import check, resolve, tables_of
from zhuoyu.recipe.schema import json_schema

__all__ = [
    "AnyStep",
    "Basis",
    "Builder",
    "Catalogue",
    "ColumnSpec",
    "Condition",
    "JoinStep",
    "KeepStep",
    "OpStep",
    "Plan",
    "PlannedStep",
    "Position",
    "Recipe",
    "ReleaseSpec",
    "RulesStep",
    "SourceSpec",
    "Stage",
    "check",
    "dumps",
    "json_schema",
    "load",
    "loads",
    "read",
    "resolve",
    "tables_of",
]

"""Recipes: what a dataset file may say."""

from zhuoyu.recipe.conditions import Condition
from zhuoyu.recipe.position import Position

__all__ = ["Condition", "Position"]

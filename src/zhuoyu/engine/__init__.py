"""Run a recipe's stages on this machine or on Ray; knows no database."""

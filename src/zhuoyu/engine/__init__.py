"""Run a recipe's stages on daft, native or Ray; knows no database."""

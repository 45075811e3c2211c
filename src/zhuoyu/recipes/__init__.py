"""Recipes that come with zhuoyu: a folder each, with its dataset.yaml."""

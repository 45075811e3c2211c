"""zhuoyu (琢玉): high-quality datasets for AI over their whole life."""

__version__ = "0.1.0"

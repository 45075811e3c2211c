"""Operators that read whole files: office documents and books."""

"""Invert by optimising W or W+."""

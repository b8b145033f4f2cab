"""Invert by tuning the generator around a pivot."""

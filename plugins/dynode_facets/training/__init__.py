"""Recipes that make every bundled model of the facets world again from nothing."""

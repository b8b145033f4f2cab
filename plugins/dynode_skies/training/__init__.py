"""Recipes that make every bundled model of the skies world again from nothing."""

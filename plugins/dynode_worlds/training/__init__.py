"""Recipes that make the models of a small world again from nothing; each world says what is its own."""

"""Invert with the encoder of e4e."""

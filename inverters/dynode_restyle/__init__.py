"""Invert with the iterative encoders of ReStyle."""

"""Metrics of pictures, pairs, clips and edits, after the published definitions."""

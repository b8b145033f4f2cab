"""StyleCLIP: edits from a text (Patashnik et al. 2021, arXiv:2103.17249)."""

"""Directions in the generator's parameters (NaviGAN)."""

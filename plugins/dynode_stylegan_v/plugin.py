"""Hooks of the StyleGAN-V plugin."""

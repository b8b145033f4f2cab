"""What small synthetic worlds share: painting, populations, code spaces, and the recipes of their models."""

"""Images and video: read with checks, drawn in grids and strips, written atomically."""

"""Text-image encoders: any model of open_clip, loaded from a file on this machine."""

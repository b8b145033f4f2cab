"""Faces found and recognised by dlib, with networks from a package; needs the extra `faces`."""

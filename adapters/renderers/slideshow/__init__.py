"""Renders on this machine: images become an H.264 video."""

"""Removes old video files, and archives old histories."""

"""Finished videos: downloaded, validated and stored."""

from adapters.videos.files import VideoFiles

__all__ = ["VideoFiles"]

"""Where finished videos are kept, and how one is told from rubbish."""

from adapters.videos.files import VideoFiles

__all__ = ["VideoFiles"]

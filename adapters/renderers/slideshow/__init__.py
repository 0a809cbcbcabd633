"""The renderer that needs nobody: images become an H.264 video on this machine."""

from adapters.renderers.slideshow.renderer import SlideshowRenderer

__all__ = ["SlideshowRenderer"]

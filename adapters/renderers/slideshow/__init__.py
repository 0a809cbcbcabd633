"""Renders on this machine: images become an H.264 video."""

from adapters.renderers.slideshow.renderer import SlideshowRenderer

__all__ = ["SlideshowRenderer"]

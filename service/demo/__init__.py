"""The sample storyboard of `reelwright demo`: five panels, drawn by `examples/draw_panels.py`."""

"""NATS: streams, the feed of announcements, rejections, and the embedded server."""

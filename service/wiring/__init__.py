"""The one place that chooses concrete things: adapters are named in this package and nowhere else in the service."""

"""Profiles of real models, one JSON file each, named `owner-model.json`."""

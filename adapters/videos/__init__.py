"""Finished videos: downloaded, validated and stored."""

"""Chooses the adapters and puts all objects together. Nothing else in `service/` imports adapters."""

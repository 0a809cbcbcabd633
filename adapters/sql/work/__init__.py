"""Leases, renders, reasons for waiting, checkpoints and idempotency keys. None of it is ever rebuilt."""

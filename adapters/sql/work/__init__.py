"""Who works on what: leases, renders, reasons for waiting, checkpoints and keys. None of it is ever rebuilt."""

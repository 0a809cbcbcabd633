"""The only way out to addresses that a message or a provider named: guarded, paced, without credentials."""

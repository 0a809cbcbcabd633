"""The only connections to addresses that a message or a provider named: guarded, limited, without credentials."""

"""Those who make videos: a provider, this machine, or nobody."""

"""How the registry reaches its store and the validator."""

"""The scheduler on what is outside."""

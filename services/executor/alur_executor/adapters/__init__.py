"""What the executor reaches the outside with."""

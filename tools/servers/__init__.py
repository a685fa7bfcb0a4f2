"""Real servers for development and tests: had from package registries, kept outside the tree, started on loopback."""

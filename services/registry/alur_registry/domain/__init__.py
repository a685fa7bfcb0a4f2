"""What the registry knows without touching anything: documents, chains, rules of names."""

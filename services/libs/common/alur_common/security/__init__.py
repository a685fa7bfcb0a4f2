"""Security primitives: rights, sealed secrets, sessions, tokens and the records of people."""

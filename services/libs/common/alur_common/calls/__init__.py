"""Calls between services: ports over gRPC, their errors, deadlines and credentials."""

"""The public gRPC interface: the same use cases as REST, in messages of `alur_api`."""

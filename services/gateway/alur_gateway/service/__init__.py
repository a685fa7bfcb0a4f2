"""The use cases of the gateway, shared by REST, webhooks and gRPC."""

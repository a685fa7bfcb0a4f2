"""How the outside reaches the gateway: webhooks, REST, live events, static files, gRPC."""

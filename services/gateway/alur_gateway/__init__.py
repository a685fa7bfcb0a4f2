"""REST, webhooks, live events and public gRPC of Alur; serves the editor."""

"""What the services of Alur share: events, bus, documents, blobs, telemetry, settings, security primitives."""

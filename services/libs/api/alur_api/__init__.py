"""Generated protobuf messages and gRPC stubs of Alur."""

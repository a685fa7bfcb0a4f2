"""The node types that come with Alur."""

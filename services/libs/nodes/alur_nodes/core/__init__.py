"""Nodes that shape, route and join items."""

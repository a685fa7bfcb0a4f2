"""What runs inside the jail. It imports nothing but the standard library and QuickJS."""

NICE = 5
"""Runners give way to the service that started them."""

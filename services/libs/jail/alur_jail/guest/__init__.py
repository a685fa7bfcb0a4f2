"""What runs inside the jail. It imports nothing but the standard library and QuickJS."""

NICE, SLICE_MILLISECONDS = 5, 10
"""Runners give way to the service that started them, whose slice is the system's, some three milliseconds."""

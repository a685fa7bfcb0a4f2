"""ISO 8601 durations without years and months, as the node contract has them."""

from alur_sdk.durations import PATTERN, Duration, duration_seconds

__all__ = ["PATTERN", "Duration", "duration_seconds"]

"""ISO 8601 durations without years and months, as the node contract has them."""

from alur_sdk.durations import LONGEST_SECONDS, LONGEST_TOLD, PATTERN, Duration, duration_seconds

__all__ = ["LONGEST_SECONDS", "LONGEST_TOLD", "PATTERN", "Duration", "duration_seconds"]

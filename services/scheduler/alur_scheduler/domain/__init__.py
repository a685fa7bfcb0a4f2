"""When schedules are due: pure."""

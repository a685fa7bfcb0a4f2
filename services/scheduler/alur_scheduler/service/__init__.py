"""What the scheduler does: timers and recovery."""

"""Triggers of time, durable timers, admission and recovery of Alur."""

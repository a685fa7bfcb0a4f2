"""Runs the executions of Alur."""

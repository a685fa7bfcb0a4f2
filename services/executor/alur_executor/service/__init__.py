"""The executor: claims executions and runs each of them from begin to end."""

"""The methods and functions that expressions may call: our own tables, nothing of Python's."""

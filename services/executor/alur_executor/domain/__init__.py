"""What an executor knows without the outside: programs, keys, retries."""

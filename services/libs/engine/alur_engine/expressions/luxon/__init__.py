"""Luxon's `DateTime` and `Duration`, as `$now`, `$today` and people's expressions use them."""

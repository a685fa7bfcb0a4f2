"""`Date`, and the calendar and time zones beneath it and Luxon."""

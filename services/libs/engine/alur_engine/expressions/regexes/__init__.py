"""Regular expressions: JavaScript's, run by RE2 in time linear in the text."""

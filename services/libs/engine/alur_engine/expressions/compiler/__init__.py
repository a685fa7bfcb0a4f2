"""From the text of an expression to one closure, by way of a checked syntax tree."""

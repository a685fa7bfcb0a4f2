"""The pure engine of Alur: graph, validation, planner, journal, expressions."""

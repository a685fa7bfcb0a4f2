"""What the operator does with what was applied: workflows, runs, and what nobody told it of."""

"""Questions a simulation study asks of its numbers, a file per question."""

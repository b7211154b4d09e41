"""What queueing theory says, to be held beside what was simulated."""

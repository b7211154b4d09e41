"""Results for people: words and tables."""

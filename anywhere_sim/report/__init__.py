"""Results for people: sentences, tables, pages."""

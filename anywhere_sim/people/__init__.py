"""Who uses Outlook: where they are, when they act, what they write."""

"""One run: sites built and wired, disruptions, counters, and the trace in the end."""

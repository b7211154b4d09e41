"""From a name to a logon, stage by stage."""

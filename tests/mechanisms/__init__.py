"""Mechanisms switched off one by one."""

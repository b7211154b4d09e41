"""Outlook and Exchange in motion."""

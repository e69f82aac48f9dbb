"""Captures: what a person recorded or rendered of a subject, in memory and on disk."""

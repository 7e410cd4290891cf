"""Posters: journals out, each under a key that the other side can be asked for."""

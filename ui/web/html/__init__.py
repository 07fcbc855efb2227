"""Pieces of HTML that several pages draw with, and how they look."""

"""Passages → a checked answer in exact quotes, or a reason why there is none; answers about the library."""

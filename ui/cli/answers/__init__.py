"""Commands that question the library: what was asked is answered, kept and asked again."""

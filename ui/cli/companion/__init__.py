"""Commands about what one reader keeps, knows and is interested in."""

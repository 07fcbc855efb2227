"""Commands about what a day brings: fetched, reported, put before one reader."""

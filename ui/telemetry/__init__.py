"""How a running page is watched: its log, what it counts, and traces of its work."""

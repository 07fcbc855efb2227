"""Pages that read for one reader: for you, profile, map, best paper, quiz."""

"""The shelf: papers, versions, conversations, in SQLite; the truth from which everything else can be rebuilt."""

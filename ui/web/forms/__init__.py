"""Pages with fields to fill in: papers to add, topics to sum up, settings."""

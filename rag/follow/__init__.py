"""What a reader follows: saved questions and their news; interests, papers for them, and why."""

"""What a reader follows: saved questions, and what their answers bring that is new."""

"""What readers made, which no source can bring again: conversations, stars, lists, notes, interests, answers."""

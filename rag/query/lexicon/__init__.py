"""What a library's words and names are, and which of them a reader's words mean."""

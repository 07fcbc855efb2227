"""What a conversation says of a question: what it continues, what its words leave out, what they were rewritten to."""

"""What a question wants: an answer of which shape, about what, in how many parts, judged by which criteria."""

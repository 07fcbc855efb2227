"""The chat page: a question on its way, its answer as it grows, and the conversations around it."""

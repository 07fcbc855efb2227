"""Quizzes: what a reader is asked of the papers she keeps, and what is known of each topic from the answers."""

"""Who may use the page, and how they sign in."""

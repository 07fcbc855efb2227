"""What is asked of any paper, besides what the reader asks."""

ABOUT = "What is this paper about?"
"""Of papers that are only pointed at, or wanted whatever they are about, and of each where there are several."""
METHOD = "How does the method work?"
"""Of each of several works that are compared: how two differ stands in no sentence about one of them, and what each
does can be set side by side."""
RESULTS = "How well does it do in experiments?"
"""Of two papers that do not speak of each other, where it is asked which is ahead."""
STANDING = (ABOUT, METHOD, RESULTS)

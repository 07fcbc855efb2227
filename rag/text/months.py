"""The months in English, whole and in short."""

MONTHS = tuple("january february march april may june july august september october november december".split())
"""Their names, in order and in small letters."""
SHORT = tuple(name[:3] for name in MONTHS)
"""Their first three letters, by which bibliographies call them."""

"""Papers and conversations as bibliographies, ready to paste into a draft."""

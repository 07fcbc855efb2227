"""Whether a judged report can be believed: its gates, agreement with people, kinship of models."""

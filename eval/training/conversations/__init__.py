"""Training what reads conversations, on conversations that were written, and turns of them as a QA set."""

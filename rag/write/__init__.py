"""The same with a language model: prompts filled, sentences checked, research."""

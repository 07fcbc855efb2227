"""The paperchat core: source → Paper → Chunk → Index → Passage → Draft → Answer."""

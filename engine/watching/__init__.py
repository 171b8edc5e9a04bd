"""Looking again and again: what changed, and who is told."""

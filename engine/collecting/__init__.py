"""From collectors to a snapshot: choosing what runs, running it, redacting, joining."""

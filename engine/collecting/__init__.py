"""From collectors to a snapshot: filtering what runs, running it, redacting, joining."""

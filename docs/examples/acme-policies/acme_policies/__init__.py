"""What Acme asks of its GPU clusters."""

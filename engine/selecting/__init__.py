"""Facts and overlays in, one recipe out: which overlays apply, and what they come to together."""

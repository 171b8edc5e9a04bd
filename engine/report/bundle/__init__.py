"""What became of a recipe that was to be bundled (`eidos bundle`)."""

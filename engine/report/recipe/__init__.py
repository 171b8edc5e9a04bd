"""What became of a query for a recipe (``eidos recipe``)."""

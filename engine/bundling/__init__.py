"""From a recipe to files that can be deployed: plan, render, write, verify."""

"""What is read from a Kubernetes API server; both cluster collectors stand on it."""

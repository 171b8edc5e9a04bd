"""What each tool that deploys needs; reached through entry points."""

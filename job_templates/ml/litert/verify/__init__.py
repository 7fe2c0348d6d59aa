"""Running an exported file and comparing it with its checkpoint."""

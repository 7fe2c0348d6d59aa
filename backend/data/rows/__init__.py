"""The rows of a set: inputs, examples, splitting, labels, token budget, the registry of rules."""

"""Computing the prompt's common part once a step instead of once a row."""

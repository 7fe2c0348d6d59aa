"""Which messages say nearly the same, and which follow one template."""

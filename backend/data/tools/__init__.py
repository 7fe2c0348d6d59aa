"""tools.json: reading it in every known form, and its schemas."""

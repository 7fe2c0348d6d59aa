"""A job's side of the Hub: the run that was mounted, and where its results go."""

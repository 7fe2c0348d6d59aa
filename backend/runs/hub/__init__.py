"""A run in a repository of the Hub: made, uploaded, fetched, and kept there while its training is not done."""

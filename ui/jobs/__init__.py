"""Starting a job here or on Hugging Face, confirming its price, and the panel that follows it."""

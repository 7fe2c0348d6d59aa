"""The work behind the page: accounts, uploads, checks, tasks, prices, runs and their summaries."""

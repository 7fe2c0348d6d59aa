"""What stands around the steps: layout, list of runs, account, downloads, API, serving."""

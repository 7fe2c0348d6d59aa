"""What an app on a phone is handed: the tools in canonical order, and the pieces around the file."""

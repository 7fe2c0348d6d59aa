"""The Export step: options, the exported file, and what an Android app needs."""

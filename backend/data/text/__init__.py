"""Text as it comes: decoding, JSON, languages, normal forms, reserved tokens, display."""

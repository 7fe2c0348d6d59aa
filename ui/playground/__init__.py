"""The Try step: asking the model on the server or in the browser, lists of messages, corrections."""

"""The part of the app that needs neither a web page nor a neural network."""

__version__ = "0.1.0"

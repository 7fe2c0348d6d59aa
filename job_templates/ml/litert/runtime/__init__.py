"""An exported file opened by LiteRT-LM on this machine, and asked."""

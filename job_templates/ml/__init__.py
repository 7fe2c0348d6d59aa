"""What the commands share: models, rows, training on a shared prefix, evaluation, LiteRT."""

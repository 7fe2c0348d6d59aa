"""From a checkpoint to a quantized TFLite model, in processes with bounded memory."""

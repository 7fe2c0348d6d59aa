"""From a checkpoint to a `.litertlm` file, and what that file does when it runs."""

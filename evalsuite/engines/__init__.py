"""The engines: ways to put requests to a model. Each is a file; `engine` is the seam they share."""

"""Behavioural evaluation of fine-tuned chat models: suites run by pytest, judged by rules on full outputs."""

__version__ = "0.1.0"

"""Telling people: what is worth telling, in which words, how often, and the sending itself."""

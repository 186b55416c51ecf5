"""Everything that a person touches: the command line, the terminal UI, the API client."""

"""What starts runs: for now the clock."""

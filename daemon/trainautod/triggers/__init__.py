"""What starts runs by itself: the clock."""

"""The link to a daemon, and everything that comes over it, off the thread that draws."""

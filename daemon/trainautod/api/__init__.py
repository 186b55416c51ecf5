"""HTTP/JSON over a Unix socket: how everything outside talks to the daemon."""

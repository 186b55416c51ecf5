"""Files by content: digests, the object store, and the sandboxes that attempts run in."""

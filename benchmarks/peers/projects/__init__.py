"""Programs of the peers' own environment: they import the peer, never the product."""

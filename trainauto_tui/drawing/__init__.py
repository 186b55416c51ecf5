"""Pure drawing: what goes where on the screen, without a screen."""

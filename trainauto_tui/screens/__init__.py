"""The screens, one module each, on the base that gives each its crumbs, link state and hints."""

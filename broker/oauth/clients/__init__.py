"""How a request authenticates its client: Basic header, form, certificate."""

"""Client authentication of a request: Basic header, form or certificate."""

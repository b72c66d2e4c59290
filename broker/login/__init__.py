"""Login in the browser: authorization endpoint, pages, sessions, identity providers, logout."""

"""The OpenAPI document of the administration APIs, and a page of it without scripts."""

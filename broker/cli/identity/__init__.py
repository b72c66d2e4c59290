"""Commands that administer users, their roles, identity providers and approvals."""

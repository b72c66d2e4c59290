"""The logon of users in browsers."""

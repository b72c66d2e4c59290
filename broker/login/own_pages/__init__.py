"""The pages on which users manage their own password, sessions and applications."""

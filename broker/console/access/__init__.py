"""Why a user may do something or not, and who may: by the decision on rights for tokens."""
